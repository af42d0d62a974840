package cli

import (
	"context"
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
)

// printNotifiers shows whether those who are to be told take what they are sent. Where there are none, or none that may be read,
// it says nothing, as printDriftChecks.
func (a *app) printNotifiers(ctx context.Context, api client.Client, namespace string) {
	var list v1alpha1.NotifierList
	if err := api.List(ctx, &list, client.InNamespace(namespace)); err != nil || len(list.Items) == 0 {
		return
	}
	rows := make([][]string, 0, len(list.Items))
	names := shownNames(list.Items)
	for i := range list.Items {
		rows = append(rows, append([]string{names[i]}, a.notifierRow(&list.Items[i])...))
	}
	slices.SortFunc(rows, slices.Compare)
	a.out.line("")
	a.table([]string{"NOTIFIER", "STATE", "LAST SENT", "WAITING", "DETAIL"}, rows)
}

func (a *app) notifierRow(one *v1alpha1.Notifier) []string {
	ready := meta.FindStatusCondition(one.Status.Conditions, v1alpha1.ConditionReady)
	sign, detail := a.style.dim.Render("? unknown"), "waiting for the controller"
	switch {
	case one.Spec.Suspend:
		sign, detail = a.style.dim.Render("◌ suspended"), ""
	case ready == nil:
	case ready.Status == metav1.ConditionTrue:
		sign, detail = a.style.good.Render("● ready"), ""
	default:
		sign, detail = a.style.bad.Render("▲ not ready"), ready.Message
	}
	sent, waiting := "-", "-"
	if at := one.Status.LastSentAt; at != nil {
		sent = ago(at.Time)
	}
	if n := one.Status.Waiting; n > 0 {
		waiting = strconv.Itoa(int(n))
	}
	return []string{sign, sent, waiting, harmless(detail)}
}
