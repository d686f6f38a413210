/* metrics/distributions.h -- the probability distributions that tests and intervals ask for: normal,
 * Student's t, F, chi-square and the studentised range.
 *
 * Tails are computed as such, not as 1 minus the rest, so that small p-values keep their digits. Relative
 * errors are below 1e-10 (the studentised range: 1e-9 absolute). NaN for NaN. */
#ifndef CC_METRICS_DISTRIBUTIONS_H
#define CC_METRICS_DISTRIBUTIONS_H

/* P(Z <= z) of the standard normal distribution, and the z of a probability in [0, 1] (infinite at its
 * ends). Source of the quantile: Wichura, Applied Statistics 37 (1988), 477-484, algorithm AS 241. */
double cc_normal_probability(double z);
double cc_normal_quantile(double probability);

/* P(T > t) of Student's t with df > 0 degrees of freedom (not only whole ones), and the t with P(T <= t) =
 * probability. */
double cc_student_tail(double t, double df);
double cc_student_quantile(double probability, double df);

/* P(F > f) with df1 and df2 degrees of freedom; P(X > x) of chi-square with df. */
double cc_f_tail(double f, double df1, double df2);
double cc_chi_square_tail(double x, double df);

/* P(range > q) of `count` independent standard normal variables, count >= 2: the studentised range with
 * infinitely many degrees of freedom, and the q that leaves `tail` above it. */
double cc_studentized_range_tail(double q, int count);
double cc_studentized_range_quantile(double tail, int count);

/* P(|T| > t) of a noncentral t with df degrees of freedom and noncentrality delta: the power of a t test. */
double cc_noncentral_t_power(double t, double df, double delta);

#endif
