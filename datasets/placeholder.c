/* datasets: see DESIGN */ typedef int cc_datasets_placeholder;
