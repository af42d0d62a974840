package cli

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

// printDriftChecks shows what is compared with git outside of Kubernetes. Where there is none of it, or none that may be
// read, it is nobody's loss: the Applications are what was asked for.
func (a *app) printDriftChecks(ctx context.Context, api client.Client, namespace string) {
	var list v1alpha1.DriftCheckList
	if err := api.List(ctx, &list, client.InNamespace(namespace)); err != nil || len(list.Items) == 0 {
		return
	}
	rows := make([][]string, 0, len(list.Items))
	names := shownNames(list.Items)
	for i := range list.Items {
		rows = append(rows, append([]string{names[i]}, a.driftCheckRow(&list.Items[i])...))
	}
	slices.SortFunc(rows, slices.Compare)
	a.out.line("")
	a.table([]string{"DRIFT CHECK", "STATE", "REVISION", "CHECKED", "DETAIL"}, rows)
}

func (a *app) driftCheckRow(one *v1alpha1.DriftCheck) []string {
	status := one.Status
	ready := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionReady)
	drifted := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionDrifted)
	sign, detail := a.style.dim.Render("? unknown"), "waiting for the controller"
	switch {
	case one.Spec.Suspend:
		sign, detail = a.style.dim.Render("◌ suspended"), ""
	case ready == nil:
	case ready.Status != metav1.ConditionTrue:
		sign, detail = a.style.bad.Render("▲ not ready"), ready.Message
	case drifted != nil && drifted.Status == metav1.ConditionTrue:
		sign, detail = a.style.warn.Render("▲ drifted"), drifted.Message
	case drifted != nil:
		sign, detail = a.style.good.Render("● in step"), drifted.Message
	}
	checked := "-"
	if status.LastCheckedAt != nil {
		checked = ago(status.LastCheckedAt.Time)
	}
	return []string{sign, orDash(status.ShortRevision), checked, harmless(detail)}
}
