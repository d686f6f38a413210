/* report: see DESIGN */ typedef int cc_report_placeholder;
