/* metrics: see DESIGN */ typedef int cc_metrics_placeholder;
