package door

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	authorization "k8s.io/client-go/kubernetes/typed/authorization/v1"
	"k8s.io/client-go/rest"
)

const (
	rightsFor    = time.Minute     // how long an answer is believed
	wrongFor     = 5 * time.Second // how long it isn't asked again after an error
	mostPersons  = 512             // of whom answers are kept
	forgetAfter  = 5 * time.Minute // without a question
	atOnce       = 16              // calls for one person
	mostAnswers  = 256             // for one person
	rightsWithin = 20 * time.Second
	namesFor     = 10 * time.Second // how long a list of namespaces is good, for all
)

// Rights answers what the person in a context may do, as the API server says. It answers no where it can't be asked.
type Rights struct {
	config     func(Person) (*rest.Config, error)
	namespaces func(context.Context) ([]string, error)
	now        func() time.Time

	mu      sync.Mutex
	persons map[[sha256.Size]byte]*personal

	naming sync.Mutex // held while namespaces are listed
	named  []string
	until  time.Time // when they are listed again
}

// personal is what is known of one person's rights.
type personal struct {
	client authorization.AuthorizationV1Interface

	mu      sync.Mutex // held while the API server is asked: others of the same person wait for its answer
	answers map[question]answer
	rules   map[string]ruled // by namespace
	used    time.Time
}

type question struct{ group, resource, verb string }

type answer struct {
	all   bool
	some  map[string]bool
	err   error
	until time.Time
}

// ruled are the rules of one namespace. Some authorizers, such as webhooks, can't list theirs: they aren't complete then.
type ruled struct {
	rules    []authorizationv1.ResourceRule
	complete bool
	until    time.Time
}

func newRights(config func(Person) (*rest.Config, error), namespaces func(context.Context) ([]string, error)) *Rights {
	return &Rights{config: config, namespaces: namespaces, now: time.Now, persons: map[[sha256.Size]byte]*personal{}}
}

// Namespaces answers where the person in ctx may do verb with a resource ("deployments" of group "apps", or "pods/log"): everywhere
// and cluster-wide (all), or in some namespaces. It believes an answer for a minute. With an error both are no.
func (r *Rights) Namespaces(ctx context.Context, group, resource, verb string) (all bool, some map[string]bool, err error) {
	p, ok := From(ctx)
	if !ok {
		return false, nil, ErrNobody
	}
	of, err := r.of(p)
	if err != nil {
		return false, nil, err
	}
	of.mu.Lock()
	defer of.mu.Unlock()
	q, now := question{group, resource, verb}, r.now()
	a, known := of.answers[q]
	if !known || now.After(a.until) {
		// Whoever asked may be gone before the answer is there, and others wait for it.
		asking, cancel := context.WithTimeout(context.WithoutCancel(ctx), rightsWithin)
		defer cancel()
		a = r.ask(asking, of, q)
		if len(of.answers) >= mostAnswers {
			clear(of.answers)
		}
		of.answers[q] = a
	}
	return a.all, maps.Clone(a.some), a.err
}

// of is what is known of p; the least lately used is forgotten for it.
func (r *Rights) of(p Person) (*personal, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := p.key()
	if of := r.persons[key]; of != nil {
		of.used = r.now()
		return of, nil
	}
	config, err := r.config(p)
	if err != nil {
		return nil, err
	}
	client, err := authorization.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(r.persons, func(_ [sha256.Size]byte, of *personal) bool { return r.now().Sub(of.used) > forgetAfter })
	if len(r.persons) >= mostPersons {
		oldest := key
		for k, of := range r.persons {
			if o := r.persons[oldest]; o == nil || of.used.Before(o.used) {
				oldest = k
			}
		}
		delete(r.persons, oldest)
	}
	of := &personal{client: client, answers: map[question]answer{}, rules: map[string]ruled{}, used: r.now()}
	r.persons[key] = of
	return of, nil
}

func (r *Rights) ask(ctx context.Context, of *personal, q question) answer {
	now := r.now()
	all, err := of.mayAccess(ctx, q, "")
	if err != nil {
		return answer{err: err, until: now.Add(wrongFor)}
	}
	if all {
		return answer{all: true, until: now.Add(rightsFor)}
	}
	names, err := r.names(ctx)
	if err != nil {
		return answer{err: err, until: now.Add(wrongFor)}
	}
	some, until, err := of.where(ctx, q, names, now)
	if err != nil { // what can't be asked of one namespace is no answer for all: what is shown would come and go
		return answer{err: err, until: now.Add(wrongFor)}
	}
	return answer{some: some, until: until}
}

// names of the namespaces that there are.
func (r *Rights) names(ctx context.Context) ([]string, error) {
	r.naming.Lock()
	defer r.naming.Unlock()
	now := r.now()
	if now.Before(r.until) {
		return r.named, nil
	}
	names, err := r.namespaces(ctx)
	if err != nil {
		return nil, err
	}
	r.named, r.until = names, now.Add(namesFor)
	return names, nil
}

// where finds the namespaces in which the person may do what q says, and until when that is believed.
func (of *personal) where(ctx context.Context, q question, names []string, now time.Time) (map[string]bool, time.Time, error) {
	maps.DeleteFunc(of.rules, func(_ string, r ruled) bool { return now.After(r.until) })
	var mu sync.Mutex
	some := map[string]bool{}
	alike := map[string][]authorizationv1.ResourceRule{} // in most namespaces they are the same: they are kept once
	var errs []error
	var group errgroup.Group
	group.SetLimit(atOnce)
	known, until := maps.Clone(of.rules), now.Add(rightsFor)
	for _, name := range names {
		group.Go(func() error {
			rules, isKnown := known[name]
			var err error
			if !isKnown {
				rules, err = of.rulesIn(ctx, name)
				rules.until = now.Add(rightsFor)
			}
			may := allowed(rules.rules, q)
			if err == nil && !may && !rules.complete {
				may, err = of.mayAccess(ctx, q, name)
			}
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, err)
				return nil
			}
			if !isKnown {
				text := fmt.Sprint(rules.rules)
				if same, ok := alike[text]; ok {
					rules.rules = same
				}
				alike[text], of.rules[name] = rules.rules, rules
			}
			if rules.until.Before(until) {
				until = rules.until
			}
			if may {
				some[name] = true
			}
			return nil
		})
	}
	_ = group.Wait()
	return some, until, errors.Join(errs...)
}

func (of *personal) mayAccess(ctx context.Context, q question, namespace string) (bool, error) {
	resource, sub, _ := strings.Cut(q.resource, "/")
	review, err := of.client.SelfSubjectAccessReviews().Create(ctx, &authorizationv1.SelfSubjectAccessReview{
		Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &authorizationv1.ResourceAttributes{
			Group: q.group, Resource: resource, Subresource: sub, Verb: q.verb, Namespace: namespace,
		}},
	}, metav1.CreateOptions{})
	if err != nil {
		return false, err
	}
	return review.Status.Allowed && !review.Status.Denied, nil
}

// rulesIn are the person's rights in a namespace, which one call tells for all kinds.
func (of *personal) rulesIn(ctx context.Context, namespace string) (ruled, error) {
	review, err := of.client.SelfSubjectRulesReviews().Create(ctx, &authorizationv1.SelfSubjectRulesReview{
		Spec: authorizationv1.SelfSubjectRulesReviewSpec{Namespace: namespace},
	}, metav1.CreateOptions{})
	if err != nil {
		return ruled{}, err
	}
	return ruled{rules: review.Status.ResourceRules, complete: !review.Status.Incomplete}, nil
}

// allowed says whether a rule allows q for all names; one that names objects doesn't.
func allowed(rules []authorizationv1.ResourceRule, q question) bool {
	_, sub, isSub := strings.Cut(q.resource, "/")
	has := func(list []string, one string) bool { return slices.Contains(list, one) || slices.Contains(list, "*") }
	return slices.ContainsFunc(rules, func(r authorizationv1.ResourceRule) bool {
		return len(r.ResourceNames) == 0 && has(r.Verbs, q.verb) && has(r.APIGroups, q.group) &&
			(has(r.Resources, q.resource) || isSub && slices.Contains(r.Resources, "*/"+sub))
	})
}
