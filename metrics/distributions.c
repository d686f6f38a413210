/* metrics/distributions.c -- tails and quantiles of the distributions behind tests and intervals.
 *
 * t and F are incomplete beta functions and chi-square is an incomplete gamma function, both by continued
 * fractions evaluated by Lentz's method (Press et al., Numerical Recipes, 3rd ed. 2007, 6.2 and 6.4; the
 * gamma function's power series below its mean). What has no closed form (the studentised range, power) is
 * integrated numerically: the integrands are smooth and vanish at both ends, where the trapezium rule
 * converges faster than any power of its step. Quantiles without a formula are found by Newton's method or
 * bisection. */
#include "metrics/distributions.h"

#include <math.h>

enum { FRACTION_STEPS = 10000, NEWTON_STEPS = 2000, BISECTIONS = 60 };

/* --- normal --- */

double cc_normal_probability(double z) {
    return 0.5 * erfc(-z / sqrt(2));
}

/* Horner's rule, the highest power first. */
static double polynomial(const double *coefficients, int count, double x) {
    double sum = 0;
    for (int i = 0; i < count; i++) sum = sum * x + coefficients[i];
    return sum;
}

double cc_normal_quantile(double probability) {
    /* AS 241, PPND16: three rational approximations, of the middle, of the flanks and of the far tails. */
    static const double middle[] = {2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4,
                                    4.5921953931549871457e4, 1.3731693765509461125e4, 1.9715909503065514427e3,
                                    1.3314166789178437745e2, 3.3871328727963666080e0},
                        middle_below[] = {5.2264952788528545610e3, 2.8729085735721942674e4,
                                          3.9307895800092710610e4, 2.1213794301586595867e4,
                                          5.3941960214247511077e3, 6.8718700749205790830e2,
                                          4.2313330701600911252e1, 1.0};
    static const double flank[] = {7.74545014278341407640e-4, 2.27238449892691845833e-2,
                                   2.41780725177450611770e-1, 1.27045825245236838258e0,
                                   3.64784832476320460504e0,  5.76949722146069140550e0,
                                   4.63033784615654529590e0,  1.42343711074968357734e0},
                        flank_below[] = {1.05075007164441684324e-9, 5.47593808499534494600e-4,
                                         1.51986665636164571966e-2, 1.48103976427480074590e-1,
                                         6.89767334985100004550e-1, 1.67638483018380384940e0,
                                         2.05319162663775882187e0,  1.0};
    static const double far[] = {2.01033439929228813265e-7, 2.71155556874348757815e-5,
                                 1.24266094738807843860e-3, 2.65321895265761230930e-2,
                                 2.96560571828504891230e-1, 1.78482653991729133580e0,
                                 5.46378491116411436990e0,  6.65790464350110377720e0},
                        far_below[] = {2.04426310338993978564e-15, 1.42151175831644588870e-7,
                                       1.84631831751005468180e-5,  7.86869131145613259100e-4,
                                       1.48753612908506148525e-2,  1.36929880922735805310e-1,
                                       5.99832206555887937690e-1,  1.0};
    if (!(probability > 0 && probability < 1))
        return probability == 0 ? -INFINITY : probability == 1 ? INFINITY : NAN;
    const double q = probability - 0.5;
    if (fabs(q) <= 0.425) {
        const double r = 0.180625 - q * q;
        return q * polynomial(middle, 8, r) / polynomial(middle_below, 8, r);
    }
    const double r = sqrt(-log(q < 0 ? probability : 1 - probability));
    const double z = r <= 5 ? polynomial(flank, 8, r - 1.6) / polynomial(flank_below, 8, r - 1.6)
                            : polynomial(far, 8, r - 5) / polynomial(far_below, 8, r - 5);
    return q < 0 ? -z : z;
}

/* --- incomplete beta and gamma functions --- */

/* The continued fraction of the incomplete beta function I_x(a, b), fast where x < (a + 1) / (a + b + 2). */
static double beta_fraction(double a, double b, double x) {
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1), value;
    if (fabs(d) < tiny) d = tiny;
    d = 1 / d;
    value = d;
    for (int m = 1; m < FRACTION_STEPS; m++) {
        /* Two coefficients a step, an even and an odd one. */
        const double k = m, coefficients[2] = {k * (b - k) * x / ((a + 2 * k - 1) * (a + 2 * k)),
                                               -(a + k) * (a + b + k) * x / ((a + 2 * k) * (a + 2 * k + 1))};
        double change = 1;
        for (int i = 0; i < 2; i++) {
            d = 1 + coefficients[i] * d;
            c = 1 + coefficients[i] / c;
            if (fabs(d) < tiny) d = tiny;
            if (fabs(c) < tiny) c = tiny;
            d = 1 / d;
            change = d * c;
            value *= change;
        }
        if (fabs(change - 1) < 1e-16) break;
    }
    return value;
}

/* I_x(a, b), with y = 1 - x given apart so that neither loses digits near 1. */
static double incomplete_beta(double a, double b, double x, double y) {
    if (isnan(x)) return NAN;
    if (x <= 0) return 0;
    if (y <= 0) return 1;
    const double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(y));
    return x < (a + 1) / (a + b + 2) ? front * beta_fraction(a, b, x) / a
                                     : 1 - front * beta_fraction(b, a, y) / b;
}

double cc_student_tail(double t, double df) {
    /* P(|T| > t) = I_{df / (df + t^2)}(df / 2, 1 / 2). */
    const double half = 0.5 * incomplete_beta(0.5 * df, 0.5, df / (df + t * t), t * t / (df + t * t));
    return t > 0 ? half : 1 - half;
}

double cc_student_quantile(double probability, double df) {
    /* The tail above the upper quantile; the distribution is symmetric. */
    const double tail = probability > 0.5 ? 1 - probability : probability;
    double t = 0;
    if (!(tail > 0 && df > 0)) return NAN;
    /* Newton's method from 0: above 0 the tail is convex, so that no step goes too far. The density at t is
     * Gamma((df + 1) / 2) / (Gamma(df / 2) sqrt(df pi)) (1 + t^2 / df)^(-(df + 1) / 2). */
    const double top = lgamma(0.5 * df + 0.5) - lgamma(0.5 * df) - 0.5 * log(df * M_PI);
    for (int i = 0; i < NEWTON_STEPS; i++) {
        const double density = exp(top - 0.5 * (df + 1) * log1p(t * t / df));
        const double step = (cc_student_tail(t, df) - tail) / density;
        if (!(step > 1e-15 * t)) break;
        t += step;
    }
    return probability > 0.5 ? t : -t;
}

double cc_f_tail(double f, double df1, double df2) {
    if (isnan(f)) return NAN;
    if (isinf(f)) return 0;
    if (f <= 0) return 1;
    return incomplete_beta(0.5 * df2, 0.5 * df1, df2 / (df2 + df1 * f), df1 * f / (df2 + df1 * f));
}

double cc_chi_square_tail(double x, double df) {
    const double a = 0.5 * df, y = 0.5 * x, tiny = 1e-300;
    if (isnan(x)) return NAN;
    if (x <= 0) return 1;
    const double front = exp(a * log(y) - y - lgamma(a));
    if (y < a + 1) {
        /* Below the mean: 1 minus the power series of the lower part. */
        double term = 1 / a, sum = term;
        for (int k = 1; k < FRACTION_STEPS && term > 1e-17 * sum; k++) sum += term *= y / (a + k);
        return 1 - front * sum;
    }
    double b = y + 1 - a, c = 1 / tiny, d = 1 / b, value = d;
    for (int k = 1; k < FRACTION_STEPS; k++) {
        const double coefficient = -k * (k - a);
        b += 2;
        d = coefficient * d + b;
        c = b + coefficient / c;
        if (fabs(d) < tiny) d = tiny;
        if (fabs(c) < tiny) c = tiny;
        d = 1 / d;
        value *= d * c;
        if (fabs(d * c - 1) < 1e-16) break;
    }
    return front * value;
}

/* --- by numeric integration --- */

double cc_studentized_range_tail(double q, int count) {
    /* P(range <= q) = k * integral of phi(z) (Phi(z) - Phi(z - q))^(k-1) dz, z the largest of the k. For the
     * tail the integrand is k phi(z) (Phi(z)^(k-1) - that power): small tails keep their digits. */
    if (isnan(q)) return NAN;
    if (q <= 0) return 1;
    const double step = 1.0 / 64, k = count;
    double sum = 0;
    for (double z = -9; z <= 9; z += step) {
        const double below = cc_normal_probability(z), within = below - cc_normal_probability(z - q);
        const double density = exp(-0.5 * z * z) / sqrt(2 * M_PI);
        sum += k * density * (pow(below, k - 1) - pow(within, k - 1)) * step;
    }
    return fmin(1, fmax(0, sum));
}

double cc_studentized_range_quantile(double tail, int count) {
    double low = 0, high = 64;
    for (int i = 0; i < BISECTIONS; i++) {
        const double middle = 0.5 * (low + high);
        *(cc_studentized_range_tail(middle, count) > tail ? &low : &high) = middle;
    }
    return 0.5 * (low + high);
}

double cc_noncentral_t_power(double t, double df, double delta) {
    /* T = (Z + delta) / S, S^2 chi-square over its degrees of freedom: over S the power is the normal
     * probability that |Z + delta| exceeds t S. In u = log S the density of S becomes smooth and vanishes
     * at both ends: f(u) = 2 (df/2)^(df/2) / Gamma(df/2) exp(df u - df e^(2u) / 2). */
    const double constant = log(2) + 0.5 * df * log(0.5 * df) - lgamma(0.5 * df);
    const double width = 12 / sqrt(df), step = (2 * width + 30 / df) / 300;
    double sum = 0;
    for (double u = -width - 30 / df; u < width; u += step) {
        const double s = exp(u), density = exp(constant + df * u - 0.5 * df * s * s);
        sum +=
            step * density * (cc_normal_probability(delta - t * s) + cc_normal_probability(-delta - t * s));
    }
    return sum;
}
