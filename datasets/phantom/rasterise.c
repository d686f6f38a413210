/* datasets/phantom/rasterise.c -- the painter: solids as pixels.
 *
 * Each solid replaces what lies behind it by the share of the pixel that it covers, computed from the
 * distance to its surface. That share is exact for a straight edge; a solid thinner than a pixel is limited
 * to the share that its own size can fill. Solids are visited from the last to the first, with what is still
 * clear of each pixel kept, so that nothing hidden is computed:
 *
 *     hu = sum over solids, nearest first, of clear * share * HU
 *     clear = product of (1 - share) of those that are nearer
 *
 * (Porter & Duff, SIGGRAPH 1984, "over"). Three levels through the slice give the partial volume along z. */
#include "datasets/phantom/rasterise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LEVELS = 3 };

/* HU of texture at the height of its peaks. */
static const float texture_hu[CC_TISSUE_COUNT] = {
    [CC_TISSUE_LUNG] = 55, [CC_TISSUE_FAT] = 10,        [CC_TISSUE_MUSCLE] = 16, [CC_TISSUE_LIVER] = 4,
    [CC_TISSUE_SOFT] = 10, [CC_TISSUE_TRABECULAR] = 70, [CC_TISSUE_BLOOD] = 3,   [CC_TISSUE_MYOCARDIUM] = 5,
};

cc_status cc_raster_init(cc_raster *r, int size) {
    *r = (cc_raster){.size = size};
    size_t n = (size_t)size * (size_t)size;
    float **planes[] = {
        &r->hu, &r->layer, &r->clear, &r->covered, &r->region[CC_REGION_CAVITY], &r->region[CC_REGION_HEART]};
    double **places[] = {&r->x, &r->y, &r->z};
    uint8_t **bytes[] = {&r->tissue, &r->heart, &r->calcium};
    bool all = (r->joint = malloc(n * sizeof(int))) != NULL;
    for (int i = 0; i < 6; i++) all &= (*planes[i] = malloc(n * sizeof(float))) != NULL;
    for (int i = 0; i < 3; i++) all &= (*places[i] = malloc(n * sizeof(double))) != NULL;
    for (int i = 0; i < 3; i++) all &= (*bytes[i] = malloc(n)) != NULL;
    if (all) return CC_OK;
    cc_raster_deinit(r);
    return cc_fail_memory("a slice of the phantom", n * CC_RASTER_PIXEL_BYTES);
}

void cc_raster_deinit(cc_raster *r) {
    free(r->hu);
    free(r->layer);
    free(r->clear);
    free(r->covered);
    free(r->joint);
    for (int i = 0; i < CC_REGION_COUNT; i++) free(r->region[i]);
    free(r->x);
    free(r->y);
    free(r->z);
    free(r->tissue);
    free(r->heart);
    free(r->calcium);
    *r = (cc_raster){0};
}

static double sine(const cc_warp_mode *mode, int k, double mm) {
    return sin(mode->frequency[k] * mm + mode->phase[k]);
}

/* Where each pixel lies in the anatomy's space; `warped` false leaves it in the scanner's. A mode is a
 * product of sines of x, y and z, so that a row and a column of them are enough. */
static void locate(cc_raster *r, const cc_anatomy *a, double z_mm, bool warped) {
    int n = r->size;
    double row[3 * CC_WARP_MODES], column[3 * CC_WARP_MODES][CC_PHANTOM_SIZE_MAX];
    const double none[3] = {1, 1, 1}, *stretch = warped ? a->stretch : none;
    double z = z_mm / stretch[2];
    for (int m = 0; warped && m < 3 * CC_WARP_MODES; m++)
        for (int i = 0; i < n; i++)
            column[m][i] = sine(&a->warp[0][0] + m, 0, (r->left_mm + i * r->pixel_mm) / stretch[0]);
    for (int j = 0; j < n; j++) {
        double y = (r->top_mm + j * r->pixel_mm) / stretch[1];
        for (int m = 0; warped && m < 3 * CC_WARP_MODES; m++) {
            const cc_warp_mode *mode = &a->warp[0][0] + m;
            row[m] = mode->mm * sine(mode, 1, y) * sine(mode, 2, z);
        }
        for (int i = 0; i < n; i++) {
            double moved[3] = {0, 0, 0};
            for (int m = 0; warped && m < 3 * CC_WARP_MODES; m++)
                moved[m / CC_WARP_MODES] += row[m] * column[m][i];
            size_t at = (size_t)j * (size_t)n + (size_t)i;
            r->x[at] = (r->left_mm + i * r->pixel_mm) / stretch[0] + moved[0];
            r->y[at] = y + moved[1];
            r->z[at] = z + moved[2];
        }
    }
}

/* The largest share of a pixel of `edge` mm that the solid can fill. */
static double largest_share(const cc_solid *s, double edge) {
    if (s->kind == CC_SOLID_ELLIPSOID)
        return fmin(1, (s->high.x - s->low.x) / edge) * fmin(1, (s->high.y - s->low.y) / edge);
    cc_point d = cc_point_add(s->to, -1, s->from);
    double length = sqrt(cc_point_dot(d, d)), along_z = length > 0 ? fabs(d.z) / length : 0;
    double thick = fmin(1, (s->r0 + s->r1) / edge);
    /* A tube through the slice fills its section; one within the slice fills its length. */
    return thick * (1 - along_z + along_z * thick);
}

typedef struct pixel_window {
    int left, right, top, bottom; /* pixels, ends excluded */
} pixel_window;

static int pixel_of(double mm, double first_mm, const cc_raster *r) {
    double p = (mm - first_mm) / r->pixel_mm;
    return p < 0 ? 0 : p > r->size ? r->size : (int)p;
}

static pixel_window window_of(const cc_solid *s, const cc_raster *r, const double stretch[3],
                              double margin_mm) {
    return (pixel_window){
        .left = pixel_of((s->low.x - margin_mm) * stretch[0], r->left_mm, r),
        .right = pixel_of((s->high.x + margin_mm) * stretch[0], r->left_mm - 2 * r->pixel_mm, r),
        .top = pixel_of((s->low.y - margin_mm) * stretch[1], r->top_mm, r),
        .bottom = pixel_of((s->high.y + margin_mm) * stretch[1], r->top_mm - 2 * r->pixel_mm, r)};
}

static bool is_calcium(cc_phantom_tissue tissue) {
    return tissue >= CC_TISSUE_PLAQUE_LAD && tissue <= CC_TISSUE_CALCIUM_MITRAL;
}

static double kept_within(const cc_raster *r, const cc_solid *s, size_t at, double share) {
    return s->within && share > r->region[s->within][at] ? r->region[s->within][at] : share;
}

static void mark_pixel(cc_raster *r, const cc_solid *s, size_t at, double share) {
    share = kept_within(r, s, at, share);
    if (share > r->region[s->adds][at]) r->region[s->adds][at] = (float)share;
}

/* What a solid takes of what is still clear. Where two parts of one body meet, each covers a share of the
 * same pixel, and the second adds only what it has more: blended one after the other, they would leave a dot.
 */
static double newly_covered(cc_raster *r, const cc_solid *s, size_t at, double share) {
    if (!s->joint) return share;
    double before = r->joint[at] == s->joint ? r->covered[at] : 0;
    if (share <= before) return 0;
    r->joint[at] = s->joint;
    r->covered[at] = (float)share;
    return (share - before) / (1 - before);
}

static void paint_pixel(cc_raster *r, const cc_solid *s, size_t at, double share) {
    const double touches = 0.15;
    share = kept_within(r, s, at, share);
    double taken = newly_covered(r, s, at, share);
    r->layer[at] += (float)(r->clear[at] * taken * s->hu);
    if (is_calcium(s->tissue)) {
        if (share > touches) r->calcium[at] = (uint8_t)s->tissue;
    } else if (share >= 0.5 && r->tissue[at] == CC_TISSUE_COUNT)
        r->tissue[at] = (uint8_t)s->tissue;
    r->clear[at] *= (float)(1 - taken);
}

typedef void pixel_action(cc_raster *r, const cc_solid *s, size_t at, double share);

/* Applies `action` where the solid covers something that no nearer solid hides. */
static void visit_shape(cc_raster *r, const cc_solid *s, pixel_window w, double edge, pixel_action *action) {
    double most = largest_share(s, edge);
    for (int j = w.top; j < w.bottom; j++)
        for (int i = w.left; i < w.right; i++) {
            size_t at = (size_t)j * (size_t)r->size + (size_t)i;
            if (r->clear[at] == 0) continue;
            double share = cc_solid_share(s, r->x[at], r->y[at], r->z[at], edge);
            if (share > 0) action(r, s, at, share < most ? share : most);
        }
}

typedef struct painted_space {
    const double *stretch;
    double z_mm, reach_mm;
} painted_space;

static void visit(cc_raster *r, const cc_solid *s, const painted_space *v, pixel_action *action) {
    double edge = r->edge_mm / sqrt(v->stretch[0] * v->stretch[1]), margin = 0.5 * edge + v->reach_mm;
    double z = v->z_mm / v->stretch[2];
    if (z < s->low.z - margin || z > s->high.z + margin) return;
    visit_shape(r, s, window_of(s, r, v->stretch, margin), edge, action);
}

/* The regions first, in order; then everything from the last solid, which nothing hides, to the first. */
static void paint_list(cc_raster *r, const cc_solid_list *shapes, const painted_space *v) {
    memset(r->joint, 0, (size_t)r->size * (size_t)r->size * sizeof *r->joint);
    for (size_t i = 0; i < shapes->count; i++)
        if (shapes->items[i].adds) visit(r, &shapes->items[i], v, mark_pixel);
    for (size_t i = shapes->count; i-- > 0;) visit(r, &shapes->items[i], v, paint_pixel);
}

static void clear_level(cc_raster *r) {
    size_t n = (size_t)r->size * (size_t)r->size;
    for (size_t i = 0; i < n; i++) {
        r->layer[i] = 0;
        r->clear[i] = 1;
        r->tissue[i] = CC_TISSUE_COUNT;
    }
    for (int k = 0; k < CC_REGION_COUNT; k++)
        if (r->region[k]) memset(r->region[k], 0, n * sizeof(float));
}

static void paint_level(cc_raster *r, const cc_anatomy *a, const cc_solid_list *table, double z_mm) {
    static const double none[3] = {1, 1, 1};
    const float air_hu = -1000;
    size_t n = (size_t)r->size * (size_t)r->size;
    clear_level(r);
    locate(r, a, z_mm, false);
    painted_space scanner = {none, z_mm, 0}, patient = {a->stretch, z_mm, a->warp_reach_mm};
    paint_list(r, table, &scanner); /* the patient does not touch it */
    locate(r, a, z_mm, true);
    paint_list(r, &a->shapes, &patient);
    for (size_t i = 0; i < n; i++) {
        r->layer[i] += r->clear[i] * air_hu;
        if (r->tissue[i] == CC_TISSUE_COUNT) r->tissue[i] = CC_TISSUE_AIR;
    }
}

/* Trilinear value noise: the lattice repeats every CC_TEXTURE_CELLS cells. */
static double texture_at(const cc_anatomy *a, double x, double y, double z) {
    const double cell_mm = 4.5;
    double p[3] = {x / cell_mm, y / cell_mm, z / cell_mm}, t[3];
    unsigned lattice[3], mask = CC_TEXTURE_CELLS - 1;
    for (int k = 0; k < 3; k++) {
        double whole = floor(p[k]);
        t[k] = p[k] - whole;
        lattice[k] = (unsigned)(int)whole;
    }
    double sum = 0;
    for (unsigned corner = 0; corner < 8; corner++) {
        unsigned dx = corner & 1, dy = corner >> 1 & 1, dz = corner >> 2;
        unsigned at =
            (((lattice[2] + dz) & mask) * CC_TEXTURE_CELLS + ((lattice[1] + dy) & mask)) * CC_TEXTURE_CELLS +
            ((lattice[0] + dx) & mask);
        sum += (dx ? t[0] : 1 - t[0]) * (dy ? t[1] : 1 - t[1]) * (dz ? t[2] : 1 - t[2]) * a->texture[at];
    }
    return sum;
}

static void finish_mid_level(cc_raster *r, const cc_anatomy *a) {
    size_t n = (size_t)r->size * (size_t)r->size;
    for (size_t i = 0; i < n; i++) {
        r->heart[i] = r->region[CC_REGION_HEART][i] >= 0.5f;
        float peak = texture_hu[r->tissue[i]];
        if (peak > 0) r->hu[i] += peak * (float)texture_at(a, r->x[i], r->y[i], r->z[i]);
    }
}

void cc_raster_paint(cc_raster *r, const cc_anatomy *a, const cc_solid_list *table, double z_mm,
                     double thickness_mm) {
    static const double order[LEVELS] = {-1, 1, 0}; /* mid-slice last: its tissue stays */
    size_t n = (size_t)r->size * (size_t)r->size;
    memset(r->hu, 0, n * sizeof(float));
    memset(r->calcium, 0, n);
    for (int k = 0; k < LEVELS; k++) {
        paint_level(r, a, table, z_mm + order[k] * thickness_mm / LEVELS);
        for (size_t i = 0; i < n; i++) r->hu[i] += r->layer[i] / LEVELS;
    }
    finish_mid_level(r, a);
}
