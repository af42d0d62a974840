package admission

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/json"

	"github.com/fairlead-dev/fairlead/manifest"
	"github.com/fairlead-dev/fairlead/practice"
)

// judge finds what a request would break.
type judge struct {
	practices []*practice.Practice
	settings  *practice.Policy
	gate      practice.Severity
	known     func(id string) bool
	namespace func(name string) *manifest.Object // or nil

	slots chan struct{} // one for each object that is being judged: more at once would only make all of them late
	work  sync.WaitGroup
}

func newJudge(o Options, namespace func(string) *manifest.Object) *judge {
	return &judge{
		practices: o.Practices, settings: o.Settings, gate: cmp.Or(o.Gate, practice.Error), known: o.Known, namespace: namespace,
		slots: make(chan struct{}, runtime.GOMAXPROCS(0)),
	}
}

// wait returns when nothing is being judged any more.
func (j *judge) wait() { j.work.Wait() }

// errLate says that there was no time left.
var errLate = errors.New("there was no time to judge it")

// of returns the findings that count, the worst first. What takes longer than ctx allows goes on alone, in its slot.
func (j *judge) of(ctx context.Context, request *request) ([]practice.Finding, error) {
	select {
	case j.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, errLate
	}
	var found []practice.Finding
	var err error
	done := make(chan struct{})
	j.work.Go(func() {
		defer func() {
			if broken := recover(); broken != nil {
				err = fmt.Errorf("judging it broke down: %v; report it: it is a bug of Fairlead", broken)
			}
			<-j.slots
			close(done)
		}()
		found, err = j.brought(request)
	})
	select {
	case <-done:
		return found, err
	case <-ctx.Done():
		return nil, errLate
	}
}

// brought are the findings that the request brings: an object that was no better before may be scaled and mended bit by bit.
func (j *judge) brought(request *request) ([]practice.Finding, error) {
	object, err := objectOf(request.Object)
	if err != nil {
		return nil, fmt.Errorf("read the object of the review: %w", err)
	}
	if object.GetDeletionTimestamp() != nil {
		return nil, nil // it only lets go of what it holds
	}
	found := j.find(object)
	if len(found) > 0 && request.Operation == admissionv1.Update {
		var old any
		if err := json.Unmarshal(request.OldObject, &old); err != nil {
			return nil, fmt.Errorf("read the old object of the review: %w", err)
		}
		before, err := objectOf(old)
		if err != nil {
			return nil, fmt.Errorf("read the old object of the review: %w", err)
		}
		found = practice.New(found, j.find(before))
	}
	slices.SortStableFunc(found, func(a, b practice.Finding) int { return int(b.Severity - a.Severity) })
	return found, nil
}

// find returns the findings about an object that count.
func (j *judge) find(object *manifest.Object) []practice.Finding {
	id := object.ID()
	return slices.DeleteFunc(practice.Judge(j.scope(object), j.practices), func(f practice.Finding) bool {
		return f.Severity < j.gate || f.Allowed != nil || f.Object != id // as is that of a practice that has a bug
	})
}

// scope is what is judged: the object and what is known of its namespace. All else may be there.
func (j *judge) scope(object *manifest.Object) *practice.Scope {
	s := &practice.Scope{Name: "admission", Objects: []*manifest.Object{object}, Served: true, Known: j.known, Policy: j.settings}
	if namespace := j.namespace(object.GetNamespace()); namespace != nil {
		s.Objects = append(s.Objects, namespace)
	}
	return s
}

// objectOf is the object of a review. Its errors don't quote it: it may hold a secret.
func objectOf(value any) (*manifest.Object, error) {
	fields, ok := value.(map[string]any)
	if !ok {
		return nil, errors.New("there is none")
	}
	o := &manifest.Object{Unstructured: unstructured.Unstructured{Object: fields}}
	if o.GetAPIVersion() == "" || o.GetKind() == "" {
		return nil, errors.New("it has no apiVersion or kind")
	}
	// Controllers don't ask here (see conditions): who else names an owner has written it by hand.
	o.SetOwnerReferences(nil)
	o.SetManagedFields(nil) // nobody has written those, and they are as large as the rest
	return o, nil
}
