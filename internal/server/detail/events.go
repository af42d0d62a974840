package detail

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/internal/server/reply"
	"github.com/fairlead-dev/fairlead/manifest"
)

// eventLine is one Event of an object, or of what belongs to it.
type eventLine struct {
	ID      string `json:"id"` // the same for one that is counted on
	Time    int64  `json:"time"`
	Type    string `json:"type"` // Normal or Warning
	Reason  string `json:"reason"`
	Object  string `json:"object"` // "Pod front-6f7d"
	Text    string `json:"text"`
	Count   int32  `json:"count"`
	Removed bool   `json:"removed,omitempty"`
}

// A namespace may have very many events: they are read in pages, of which what is about others is forgotten.
const pageSize, mostPages = 1000, 50

// events tells those of an object, its ReplicaSets, Jobs and pods: the oldest first, and with follow those that come.
func (s *server) events(ctx context.Context, v *view, r *http.Request) (*feed, error) {
	id, err := parseID(r.URL.Query().Get("object"))
	if err != nil {
		return nil, err
	}
	if _, err := v.object(ctx, id); err != nil {
		return nil, err
	}
	namespace := id.Namespace
	if namespace == "" {
		namespace = metav1.NamespaceDefault // where those of cluster-wide objects are kept
	}
	all, version, err := v.eventsAbout(ctx, namespace, id)
	if err != nil {
		return nil, err
	}
	right := authorizationv1.ResourceAttributes{Namespace: namespace, Verb: "list", Resource: "events"}
	return &feed{right: right, run: func(ctx context.Context, send func(any) error) error {
		for i := range all {
			if err := send(lineOf(&all[i])); err != nil {
				return err
			}
		}
		if !isYes(r.URL.Query().Get("follow")) {
			return nil
		}
		return v.followEvents(ctx, namespace, version, func(e *corev1.Event, isGone bool) error {
			if !isAbout(e, id) {
				return nil
			}
			line := lineOf(e)
			line.Removed = isGone
			return send(line)
		})
	}}, nil
}

// eventsAbout an object, the oldest first, and the version of the list from which to follow.
func (v *view) eventsAbout(ctx context.Context, namespace string, id manifest.ID) (all []corev1.Event, version string, err error) {
	next := ""
	for range mostPages {
		var page corev1.EventList
		if err := v.API.List(ctx, &page, client.InNamespace(namespace), client.Limit(pageSize), client.Continue(next)); err != nil {
			return nil, "", err
		}
		for i := range page.Items {
			if isAbout(&page.Items[i], id) {
				all = append(all, page.Items[i])
			}
		}
		if next, version = page.Continue, page.ResourceVersion; next == "" {
			break
		}
	}
	slices.SortStableFunc(all, func(a, b corev1.Event) int { return timeOf(&a).Compare(timeOf(&b)) })
	return all, version, nil
}

var errEventsEnded = errors.New("the API server ended it: open it again")

// followEvents tells what comes after a version of the list.
func (v *view) followEvents(ctx context.Context, namespace, version string, tell func(*corev1.Event, bool) error) error {
	streaming, err := v.streaming()
	if err != nil {
		return err
	}
	for {
		news, err := streaming.Watch(ctx, &corev1.EventList{}, client.InNamespace(namespace), &client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: version, AllowWatchBookmarks: true}})
		if err != nil {
			return err
		}
		version, err = tellAll(ctx, news, version, tell)
		news.Stop()
		if err != nil {
			return err
		}
	}
}

func tellAll(ctx context.Context, news watch.Interface, version string, tell func(*corev1.Event, bool) error) (string, error) {
	for {
		select {
		case <-ctx.Done():
			return version, context.Cause(ctx)
		case one, open := <-news.ResultChan():
			if !open {
				return version, nil // the server ends each after a while: go on from there
			}
			e, ok := one.Object.(*corev1.Event)
			if !ok {
				return version, errEventsEnded
			}
			if version = e.ResourceVersion; one.Type == watch.Bookmark {
				continue
			}
			if err := tell(e, one.Type == watch.Deleted); err != nil {
				return version, err
			}
		}
	}
}

// streaming reads Fairlead's and the core kinds without a time limit.
func (v *view) streaming() (client.WithWatch, error) {
	site, err := v.sites.As(v.config)
	if err != nil {
		return nil, err
	}
	return site.API, nil
}

// isAbout says whether an Event is of an object, or of what is called after it: its ReplicaSets, Jobs and pods.
func isAbout(e *corev1.Event, id manifest.ID) bool {
	of := e.InvolvedObject
	if of.Kind == id.Kind && of.Name == id.Name && of.Namespace == id.Namespace {
		return true
	}
	return slices.Contains([]string{"Pod", "ReplicaSet", "Job"}, of.Kind) && of.Namespace == id.Namespace && isMadeBy(of.Name, id)
}

// isMadeBy tells names that controllers make: a name, a hyphen, and one part for each step (a Deployment's pods have two).
func isMadeBy(name string, id manifest.ID) bool {
	rest, ok := strings.CutPrefix(name, id.Name+"-")
	if !ok || id.Kind == "Pod" {
		return false
	}
	parts := strings.Split(rest, "-")
	return len(parts) == 1 || len(parts) == 2 && (id.Kind == "Deployment" || id.Kind == "CronJob")
}

func timeOf(e *corev1.Event) time.Time {
	for _, t := range []time.Time{e.LastTimestamp.Time, e.EventTime.Time, e.FirstTimestamp.Time} {
		if !t.IsZero() {
			return t
		}
	}
	return e.CreationTimestamp.Time
}

func lineOf(e *corev1.Event) eventLine {
	count := max(1, e.Count)
	if e.Series != nil {
		count = max(count, e.Series.Count)
	}
	return eventLine{
		ID: e.Namespace + "/" + e.Name, Time: timeOf(e).Unix(), Type: e.Type, Reason: cut(e.Reason),
		Object: cut(e.InvolvedObject.Kind + " " + e.InvolvedObject.Name), Text: reply.Cut(e.Message, 2000), Count: count,
	}
}
