// Package detail answers what the page asks beside its live model, each time anew: all of a workload, an application or a release, what
// differs between two revisions, events and logs as they come.
//
// Every read has the rights of the person in the request's context: what they may not see is refused by the API server itself, and
// told as missing by its kind alone. It writes nothing.
package detail

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/operate"
	"github.com/fairlead-dev/fairlead/internal/server/reply"
	"github.com/fairlead-dev/fairlead/manifest"
)

// Options of the details.
type Options struct {
	Sites *operate.Sites
	// Config is how to call the API server as the person in the context.
	Config func(context.Context) (*rest.Config, error)

	pace pace // for tests; the zero value is the usual one
}

// Handlers answer for the details, each at the route named with it.
type Handlers struct {
	Workload    http.HandlerFunc // GET /api/v1/workloads/{id}
	Application http.HandlerFunc // GET /api/v1/applications/{namespace}/{name}
	Release     http.HandlerFunc // GET /api/v1/releases/{namespace}/{name}
	Compare     http.HandlerFunc // GET /api/v1/compare
	Practice    http.HandlerFunc // GET /api/v1/practices/{id}
	Events      http.HandlerFunc // GET /api/v1/events, a stream
	Logs        http.HandlerFunc // GET /api/v1/logs, a stream
}

// New makes the handlers.
func New(o Options) Handlers {
	s := &server{Options: o, origins: newOrigins(), slots: make(chan struct{}, compareAtOnce)}
	return Handlers{
		Workload: s.answer(s.workload), Application: s.answer(s.application), Release: s.answer(s.release),
		Compare: s.answer(s.compare), Practice: s.answer(practiceOf),
		Events: s.stream(s.events), Logs: s.stream(s.logs),
	}
}

type server struct {
	Options
	outage  reply.Outage
	origins *origins
	slots   chan struct{} // for comparisons
	streams atomic.Int32
}

// view is the cluster as the person of one request sees it.
type view struct {
	*operate.Site
	config  *rest.Config // without a time limit, for streams
	sites   *operate.Sites
	origins *origins
}

const (
	compareAtOnce = 4
	answerWithin  = time.Minute
	callWithin    = 20 * time.Second // one call to the API server
)

// answer makes a handler of what finds the answer to a request.
func (s *server) answer(find func(context.Context, *view, *http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), answerWithin)
		defer cancel()
		v, err := s.view(ctx)
		if err != nil {
			s.outage.Fail(w, err)
			return
		}
		found, err := find(ctx, v, r)
		if err != nil {
			s.outage.Fail(w, err)
			return
		}
		s.outage.Fine()
		reply.Tagged(w, r, found)
	}
}

func (s *server) view(ctx context.Context) (*view, error) {
	config, err := s.Config(ctx)
	if err != nil {
		return nil, err
	}
	bounded := rest.CopyConfig(config)
	bounded.Timeout = cmp.Or(config.Timeout, callWithin)
	site, err := s.Sites.As(bounded)
	return &view{Site: site, config: config, sites: s.Sites, origins: s.origins}, err
}

// parseID reads "KIND.GROUP NAMESPACE/NAME", "KIND NAMESPACE/NAME" of a core kind, or either without a namespace.
func parseID(text string) (manifest.ID, error) {
	kind, name, ok := strings.Cut(text, " ")
	var id manifest.ID
	id.Kind, id.Group, _ = strings.Cut(kind, ".")
	if namespace, rest, has := strings.Cut(name, "/"); has {
		id.Namespace, name = namespace, rest
	}
	if id.Name = name; !ok || id.Kind == "" || name == "" || len(text) > 1000 {
		return id, reply.Bad("the id names no object", "write it as KIND.GROUP NAMESPACE/NAME: Deployment.apps shop/front")
	}
	return id, nil
}

// object reads a live object by its id.
func (v *view) object(ctx context.Context, id manifest.ID) (*unstructured.Unstructured, error) {
	mapping, err := v.Pipeline.Client.Mapping(schema.GroupVersionKind{Group: id.Group, Kind: id.Kind})
	if err != nil {
		return nil, reply.With(http.StatusNotFound, err)
	}
	var live *unstructured.Unstructured
	if len(content.IsPathSegmentName(id.Name)) == 0 && len(content.IsPathSegmentName(id.Namespace)) == 0 {
		live, err = v.Pipeline.Client.Get(ctx, mapping, id.Namespace, id.Name)
	}
	if err == nil && live == nil {
		err = reply.NotFound("there is no such object", "it may have been deleted: look at which there are")
	}
	return live, err
}

func (v *view) app(ctx context.Context, namespace, name string) (*v1alpha1.Application, error) {
	app, err := v.Find(ctx, namespace, name)
	if err != nil && client.IgnoreNotFound(err) == nil {
		err = reply.NotFound("there is no such application", "it may have been deleted: look at which there are")
	}
	return app, err
}
