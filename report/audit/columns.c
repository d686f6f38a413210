/* report/audit/columns.c -- the names that scores have in papers.
 *
 * A name is reduced to its letters and digits in lower case ("F1-score (%)" is "f1score"), loses words that
 * mean nothing ("f1"), and is looked up in one table. What is not in it is no score that is known: "Lesion
 * F1" may be of other items than "Recall". */
#include "report/audit/columns.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

enum { NAME_BYTES = 96 };

static const struct {
    cc_score_kind kind;
    const char *shown, *names; /* names: with a space before and behind each */
} scores[] = {
    {CC_COLUMN_OTHER, "not known", ""},
    {CC_COLUMN_F1, "F1", " f1 f1measure fmeasure fscore "},
    {CC_COLUMN_DICE, "Dice",
     " dice dsc dc dicesimilarity dicesimilaritycoefficient dicesrensen dicesorensen srensendice "
     "sorensendice "
     "mdice mdsc dicef1 f1dice diceoverlap "},
    {CC_COLUMN_IOU, "IoU",
     " iou jaccard ji jsc jac jaccardsimilarity intersectionoverunion miou mjaccard jaccardiou ioujaccard "
     "intersectionunion "},
    {CC_COLUMN_PRECISION, "precision",
     " precision prec ppv positivepredictive positivepredictivevalue precisionppv ppvprecision "},
    {CC_COLUMN_RECALL, "recall",
     " recall rec sensitivity sens sen se tpr truepositiverate recallsensitivity sensitivityrecall hitrate "
     "recalltpr sensitivitytpr detectionrate "},
    {CC_COLUMN_SPECIFICITY, "specificity",
     " specificity spec spe sp tnr truenegativerate selectivity specificitytnr "},
    {CC_COLUMN_ACCURACY, "accuracy", " accuracy acc overallaccuracy pixelaccuracy pixelacc "},
    {CC_COLUMN_BALANCED_ACCURACY, "balanced accuracy", " balancedaccuracy balancedacc bacc balacc bac "},
    {CC_COLUMN_NPV, "NPV", " npv negativepredictive negativepredictivevalue "},
    {CC_COLUMN_FPR, "false positive rate", " fpr falsepositiverate fallout "},
    {CC_COLUMN_FNR, "false negative rate", " fnr falsenegativerate missrate "},
    {CC_COLUMN_FDR, "false discovery rate", " fdr falsediscoveryrate "},
};

const char *cc_score_kind_name(cc_score_kind kind) {
    return scores[kind].shown;
}

/* Letters and digits of the first bytes in lower case. False where they are more than any score's. */
static bool reduce(char out[NAME_BYTES], const char *name, size_t bytes) {
    size_t used = 0;
    memset(out, 0, NAME_BYTES);
    for (size_t i = 0; i < bytes; i++) {
        if (!isalnum((unsigned char)name[i])) continue;
        if (used + 1 == NAME_BYTES) return false;
        out[used++] = (char)tolower((unsigned char)name[i]);
    }
    return true;
}

/* Takes an ending off a name; false where it has another. */
static bool drop_ending(char *name, const char *ending) {
    const size_t length = strlen(name), count = strlen(ending);
    if (length < count || strcmp(name + length - count, ending) != 0) return false;
    name[length - count] = 0;
    return true;
}

/* Takes a beginning off a name; false where it has another. */
static bool drop_beginning(char *name, const char *beginning) {
    const size_t count = strlen(beginning);
    if (strncmp(name, beginning, count) != 0) return false;
    memmove(name, name + count, strlen(name + count) + 1);
    return true;
}

/* The score of a reduced name, searched as a whole word of the lists above. */
static cc_score_kind look_up(const char *name) {
    char word[NAME_BYTES + 2];
    const size_t length = strlen(name);
    if (length == 0) return CC_COLUMN_OTHER;
    word[0] = ' ';
    memcpy(word + 1, name, length);
    memcpy(word + 1 + length, " ", 2);
    for (int kind = 1; kind < CC_COLUMN_KINDS; kind++)
        if (strstr(scores[kind].names, word)) return scores[kind].kind;
    return CC_COLUMN_OTHER;
}

/* The score that a reduced name stands for, words that mean nothing dropped one by one. */
static cc_score_kind kind_of(char *name) {
    static const char *const endings[] = {"score",      "scores", "index",   "coefficient", "coefficients",
                                          "coeff",      "coef",   "value",   "percent",     "pct",
                                          "percentage", "in",     "average", "avg",         "mean"};
    static const char *const beginnings[] = {"mean", "average", "avg", "the"};
    cc_score_kind kind = look_up(name);
    for (bool dropped = true; dropped && kind == CC_COLUMN_OTHER;) {
        dropped = false;
        for (size_t i = 0; i < sizeof endings / sizeof *endings && !dropped; i++)
            dropped = drop_ending(name, endings[i]);
        for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings && !dropped; i++)
            dropped = drop_beginning(name, beginnings[i]);
        kind = look_up(name);
    }
    return kind;
}

/* Where a mean's deviation is announced in a name: "Dice (mean ± SD)", "± SD"; NULL where it is not. */
static const char *plus_minus(const char *name) {
    static const char *const signs[] = {"\u00b1", "+/-", "+-"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (strstr(name, signs[i])) return strstr(name, signs[i]);
    return NULL;
}

/* Of a name in parts, "Spec. (TNR)", "Recall/Sensitivity": the score that every part is, or CC_COLUMN_OTHER.
 * "Recall (lesions)" is of items of its own. */
static cc_score_kind kind_of_parts(const char *name, size_t bytes) {
    cc_score_kind kind = CC_COLUMN_OTHER;
    for (size_t from = 0, to; from < bytes; from = to + 1) {
        char part[NAME_BYTES];
        for (to = from; to < bytes && !strchr("(/[,=|", name[to]);) to++;
        if (!reduce(part, name + from, to - from)) return CC_COLUMN_OTHER;
        if (!part[0]) continue;
        const cc_score_kind its = kind_of(part);
        const bool one_formula = (kind == CC_COLUMN_F1 && its == CC_COLUMN_DICE) ||
                                 (kind == CC_COLUMN_DICE && its == CC_COLUMN_F1);
        /* Parts must agree: "Precision/Recall" is two scores. */
        if (its == CC_COLUMN_OTHER || (kind != CC_COLUMN_OTHER && kind != its && !one_formula))
            return CC_COLUMN_OTHER;
        if (kind == CC_COLUMN_OTHER) kind = its;
    }
    return kind;
}

cc_score_column cc_score_column_of(const char *name) {
    static const char *const endings[] = {
        "standarddeviation", "stddeviation", "stddev", "stdev", "std", "sd"};
    static const char *const beginnings[] = {"standarddeviationof", "stdof", "sdof",
                                             "standarddeviation",   "std",   "sd"};
    cc_score_column out = {.percent = strchr(name, '%') != NULL};
    char reduced[NAME_BYTES], without[NAME_BYTES];
    const char *sign = plus_minus(name);
    const size_t bytes = sign ? (size_t)(sign - name) : strlen(name);
    if (!reduce(reduced, name, bytes)) return out;
    memcpy(without, reduced, sizeof without);
    out.kind = kind_of(without);
    if (out.kind == CC_COLUMN_OTHER) out.kind = kind_of_parts(name, bytes);
    if (out.kind != CC_COLUMN_OTHER) return out;
    if (sign) { /* with nothing before it: the deviation of the column before */
        out.deviation = out.of_column_before = reduced[0] == 0;
        return out;
    }
    for (size_t i = 0; i < sizeof endings / sizeof *endings && !out.deviation; i++)
        out.deviation = drop_ending(reduced, endings[i]);
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings && !out.deviation; i++)
        out.deviation = drop_beginning(reduced, beginnings[i]);
    if (!out.deviation) return out;
    out.of_column_before = reduced[0] == 0;
    out.kind = kind_of(reduced);
    if (!out.of_column_before && out.kind == CC_COLUMN_OTHER) out.deviation = false; /* "ASD" is a distance */
    return out;
}
