/* results: see DESIGN */ typedef int cc_results_placeholder;
