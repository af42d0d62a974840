package follow

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/fairlead-dev/fairlead/manifest"
)

// scripted answers lists and watches one after the other, then nothing more.
type scripted struct {
	whole
	lists   []any           // page or error
	watches [][]watch.Event // each ends after its last
}

func (s *scripted) list(ctx context.Context, _ metav1.ListOptions) (page, error) {
	if len(s.lists) == 0 {
		<-ctx.Done()
		return page{}, ctx.Err()
	}
	next := s.lists[0]
	s.lists = s.lists[1:]
	if err, isError := next.(error); isError {
		return page{}, err
	}
	return next.(page), nil
}

func (s *scripted) watch(ctx context.Context, _ metav1.ListOptions) (watch.Interface, error) {
	if len(s.watches) == 0 {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	events := s.watches[0]
	s.watches = s.watches[1:]
	news := watch.NewFakeWithChanSize(len(events), false)
	for _, e := range events {
		news.Action(e.Type, e.Object)
	}
	news.Stop()
	return news, nil
}

func service(name string) runtime.Object {
	u := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Service"}}
	u.SetNamespace("shop")
	u.SetName(name)
	u.SetResourceVersion("1")
	return u
}

func services(names ...string) page {
	p := page{version: "1"}
	for _, name := range names {
		p.items = append(p.items, service(name))
	}
	return p
}

func TestFeed(t *testing.T) {
	resource := schema.GroupResource{Resource: "services"}
	expired := []watch.Event{{Type: watch.Error, Object: &metav1.Status{Reason: metav1.StatusReasonExpired, Code: 410}}}
	more := services("a")
	more.next = "more"
	for name, test := range map[string]struct {
		scripted
		want string // what is there in the end
	}{
		"pages":                             {scripted{lists: []any{more, services("b")}}, "a b"},
		"changes":                           {scripted{lists: []any{services("a", "b")}, watches: [][]watch.Event{{{Type: watch.Deleted, Object: service("a")}, {Type: watch.Added, Object: service("c")}}}}, "b c"},
		"what went while nobody looked":     {scripted{lists: []any{services("a", "b"), services("b")}, watches: [][]watch.Event{expired}}, "b"},
		"a list that breaks in its middle":  {scripted{lists: []any{services("a"), more, errors.New("reset"), services("a", "b")}, watches: [][]watch.Event{expired}}, "a b"},
		"no rights any more":                {scripted{lists: []any{services("a"), apierrors.NewForbidden(resource, "", errors.New("no"))}, watches: [][]watch.Event{expired}}, ""},
		"a kind that has gone, and is back": {scripted{lists: []any{services("a"), apierrors.NewNotFound(resource, ""), services("b")}, watches: [][]watch.Event{expired}}, "b"},
		"bookmarks and rubbish":             {scripted{lists: []any{services("a"), services("a")}, watches: [][]watch.Event{{{Type: watch.Bookmark, Object: service("")}, {Type: watch.Added, Object: &metav1.Status{}}}}}, "a"},
		"one that a controller took over":   {scripted{lists: []any{services("a")}, watches: [][]watch.Event{{{Type: watch.Modified, Object: folded("a")}}}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				events, ended := make(chan event), make(chan struct{})
				f := &feed{from: &test.scripted, kind: schema.GroupKind{Kind: "Service"}, to: events, known: map[manifest.ID]bool{}}
				there := map[string]bool{}
				go func() {
					defer close(ended)
					f.run(ctx)
				}()
				go func() {
					for {
						select {
						case e := <-events:
							for _, id := range e.gone {
								delete(there, id.Name)
							}
							for _, o := range e.set {
								there[o.GetName()] = true
							}
						case <-ended:
							return
						}
					}
				}()
				sleep(ctx, 5*absentWait) // of the test's own clock
				synctest.Wait()
				cancel()
				<-ended
				synctest.Wait()
				got := ""
				for _, name := range []string{"a", "b", "c"} {
					if there[name] {
						got += " " + name
					}
				}
				if d := cmp.Diff(test.want, cut(got)); d != "" {
					t.Error("-want +got\n", d)
				}
				if len(f.known) != len(there) {
					t.Errorf("%d are known, %d are there", len(f.known), len(there))
				}
			})
		})
	}
}

// folded is an object that says what its owner does.
func folded(name string) runtime.Object {
	u := service(name).(*unstructured.Unstructured)
	u.SetKind("Endpoints")
	yes := true
	u.SetOwnerReferences([]metav1.OwnerReference{{APIVersion: "v1", Kind: "Service", Name: name, Controller: &yes}})
	return u
}

func cut(text string) string {
	if text == "" {
		return ""
	}
	return text[1:]
}
