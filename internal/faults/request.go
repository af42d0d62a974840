package faults

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Request is what is noted of a request.
type Request struct {
	At     time.Time
	Method string
	Path   string
	// Of a request to an API server: get, list, watch, create, update, patch, apply, delete or deletecollection, and what of.
	Verb, Group, Resource, Namespace, Name string
	Subresource                            string
	DryRun                                 bool
	Status                                 int    // that the server answered; 0 when it did not, or not yet
	Fault                                  string // that struck it
}

// Accepted says that the server has done what was asked.
func (r Request) Accepted() bool { return r.Status >= 200 && r.Status < 300 }

// Writes says that the request is to change something other than a record of what happens.
func (r Request) Writes() bool {
	return !r.DryRun && r.Resource != "events" && r.Resource != "leases" &&
		slices.Contains([]string{"create", "update", "patch", "apply", "delete", "deletecollection"}, r.Verb)
}

// Is says what is asked of which resource ("deployments", "applications/status").
func (r Request) Is(verb, resource string) bool {
	name, subresource, _ := strings.Cut(resource, "/")
	return r.Verb == verb && r.Resource == name && r.Subresource == subresource
}

// Match chooses requests.
type Match func(Request) bool

// All matches every request.
func All(Request) bool { return true }

// Verb matches requests of a verb of the API, dry runs excluded.
func Verb(verb string) Match { return func(r Request) bool { return r.Verb == verb && !r.DryRun } }

// Of matches requests of a verb to a resource ("deployments", "applications/status"), dry runs excluded.
func Of(verb, resource string) Match {
	return func(r Request) bool { return r.Is(verb, resource) && !r.DryRun }
}

// To matches requests whose path ends so.
func To(suffix string) Match {
	return func(r Request) bool { return strings.HasSuffix(r.Path, suffix) }
}

// read notes a request.
// Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris
func read(r *http.Request) *Request {
	note := &Request{At: time.Now(), Method: r.Method, Path: r.URL.Path, DryRun: r.URL.Query().Has("dryRun")}
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case len(parts) > 2 && parts[0] == "api":
		parts = parts[2:]
	case len(parts) > 3 && parts[0] == "apis":
		note.Group, parts = parts[1], parts[3:]
	default:
		return note
	}
	if len(parts) > 2 && parts[0] == "namespaces" {
		note.Namespace, parts = parts[1], parts[2:]
	}
	parts = append(parts, "", "")
	note.Resource, note.Name, note.Subresource = parts[0], parts[1], parts[2]
	note.Verb = verb(r, note.Name != "")
	return note
}

func verb(r *http.Request, isNamed bool) string {
	switch r.Method {
	case http.MethodGet:
		switch {
		case r.URL.Query().Get("watch") == "true" || r.URL.Query().Get("watch") == "1":
			return "watch"
		case isNamed:
			return "get"
		}
		return "list"
	case http.MethodPost:
		return "create"
	case http.MethodPut:
		return "update"
	case http.MethodPatch:
		if strings.HasPrefix(r.Header.Get("Content-Type"), "application/apply-patch") {
			return "apply"
		}
		return "patch"
	case http.MethodDelete:
		if isNamed {
			return "delete"
		}
		return "deletecollection"
	}
	return ""
}
