/* nets: see DESIGN */ typedef int cc_nets_placeholder;
