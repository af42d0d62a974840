package action

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/operate"
	"github.com/fairlead-dev/fairlead/internal/server/reply"
	"github.com/fairlead-dev/fairlead/manifest"
)

// edit changes the Application as the person. Of its status others write meanwhile.
func (j *job) edit(ctx context.Context, change func(*v1alpha1.Application), options ...client.UpdateOption) error {
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		now := &v1alpha1.Application{}
		if err := j.API.Get(ctx, client.ObjectKeyFromObject(j.app), now); err != nil {
			return err
		}
		change(now)
		return j.API.Update(ctx, now, options...)
	})
}

// mayWrite asks the API server, by a write that it forgets, whether the person may update the Application: admission is asked, too.
func (j *job) mayWrite(ctx context.Context) error {
	return j.edit(ctx, func(app *v1alpha1.Application) { operate.RequestSync(app, j.person.Name) }, client.DryRunAll)
}

func (j *job) requestSync(ctx context.Context) error {
	return j.edit(ctx, func(app *v1alpha1.Application) { operate.RequestSync(app, j.person.Name) })
}

// audit says once what somebody has done, or was not let do; what was done is an Event on the Application, too.
func (s *server) audit(ctx context.Context, a action, j *job, done *Done, err error) {
	var outcome, said string
	if err == nil {
		outcome, said = "done", done.Done
	} else {
		_, told := s.outage.Tell(err)
		outcome, said = "refused", told.Message
	}
	s.Log.Info("audit", "who", j.person.Name, "via", j.person.Via, "action", a.name, "application", operate.Name(j.app),
		"objects", j.Objects, "reason", j.Reason, "outcome", outcome, "said", said)
	if err != nil {
		return // who may only read would else have others write
	}
	note := fmt.Sprintf("%s (%s, by %s)", said, a.name, j.person.Name)
	if j.Reason != "" {
		note += ": " + j.Reason
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := s.Sites.Own.Create(ctx, event(j.app, a.name, reply.Cut(note, mostNote))); err != nil {
		s.Log.Warn("write an event", "application", operate.Name(j.app), "error", err)
	}
}

// mostNote is what an Event may say, in characters (1024 bytes; some are of several).
const mostNote = 300

func event(app *v1alpha1.Application, name, note string) *eventsv1.Event {
	now := time.Now()
	return &eventsv1.Event{
		ObjectMeta:          metav1.ObjectMeta{Namespace: app.Namespace, Name: fmt.Sprintf("%s.%x", app.Name, now.UnixNano())},
		EventTime:           metav1.NewMicroTime(now),
		ReportingController: "fairlead", ReportingInstance: "page",
		Action: name, Reason: "PersonActed", Type: corev1.EventTypeNormal, Note: note,
		Regarding: corev1.ObjectReference{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Application", Namespace: app.Namespace, Name: app.Name, UID: app.UID},
	}
}

func objectName(o v1alpha1.ObjectRef) string { return manifest.ID(o).String() }
