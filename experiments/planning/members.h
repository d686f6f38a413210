/* experiments/planning/members.h -- whether the members of an ensemble can be combined, and whom each of
 * them has seen.
 *
 * A member has seen a patient whom it, or a run of stage 2 or 3 that it stands on, was trained on or had its
 * epoch chosen by: what it says of him is better than what it will say of anybody else. */
#ifndef CC_EXPERIMENTS_PLANNING_MEMBERS_H
#define CC_EXPERIMENTS_PLANNING_MEMBERS_H

#include "experiments/planning/run_plan.h"

/* Whether the nets of the members mark the same thing, tell the same classes apart, and can be combined as
 * ensemble.combine says. CC_ECONFIG in one line. */
cc_status cc_members_suit(const cc_planned_run *run);

/* Whether an ensemble may be upstream.calcification of a cascade, whose preprocessing its nets are then
 * shown. CC_ECONFIG where a member is of another stage, or they see other windows of HU; where each patient
 * has members of his own; or where the cascade has no stage 3: the ensemble's own run is that test. */
cc_status cc_members_suit_cascade(const cc_planned_run *ensemble, const cc_planned_run *cascade);

/* seen[slices of the set]: whether a member has seen the patient of each slice; where ensemble and member
 * split by slice or slab, the slice itself. Members on other data than the ensemble have seen none of these
 * slices here: cascade/patients.h compares their patients. As cc_data_split. */
cc_status cc_member_seen(bool *seen, const cc_planned_run *run, const cc_planned_run *member,
                         const cc_slice_set *set);

/* Whether each test patient of the ensemble may be predicted, before anything is trained.
 *   CC_ECONFIG  a member has seen a test patient; with ensemble.out_of_fold: all members have
 *   others      as cc_member_seen */
cc_status cc_members_check(const cc_planned_run *run, const cc_slice_set *set);

#endif
