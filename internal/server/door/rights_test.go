package door

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	authenticationv1 "k8s.io/api/authentication/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
)

// atCluster is a door before the real API server.
func atCluster(t *testing.T) (*Door, kubernetes.Interface, func() string) {
	t.Helper()
	config := sandboxtest.Start(t)
	kube, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	d, log := newDoor(t, func(o *Options) { o.Config = config })
	return d, kube, log.String
}

// allow lets a person do what rule says in a namespace.
func allow(t *testing.T, kube kubernetes.Interface, namespace, name string, rule rbacv1.PolicyRule) {
	t.Helper()
	role := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}, Rules: []rbacv1.PolicyRule{rule}}
	role, err := kube.RbacV1().Roles(namespace).Create(t.Context(), role, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = kube.RbacV1().RoleBindings(namespace).Create(t.Context(), &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role.Name},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: name}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRights(t *testing.T) {
	d, kube, _ := atCluster(t)
	one, two, three := sandboxtest.Namespace(t), sandboxtest.Namespace(t), sandboxtest.Namespace(t)
	list := rbacv1.PolicyRule{Verbs: []string{"list"}, APIGroups: []string{"apps"}, Resources: []string{"deployments"}}
	allow(t, kube, one, "of-two", list)
	allow(t, kube, two, "of-two", rbacv1.PolicyRule{Verbs: []string{"*"}, APIGroups: []string{"*"}, Resources: []string{"*"}})
	named := list
	named.ResourceNames = []string{"front"}
	allow(t, kube, three, "of-two", named)
	allow(t, kube, three, "of-two", rbacv1.PolicyRule{Verbs: []string{"get"}, APIGroups: []string{""}, Resources: []string{"*/log"}})

	ofTwo := Person{Name: "of-two"}
	type answer struct {
		All  bool
		Some map[string]bool
	}
	for name, tt := range map[string]struct {
		who                   Person
		group, resource, verb string
		want                  answer
	}{
		"in two namespaces, and of one object in a third": {ofTwo, "apps", "deployments", "list", answer{Some: map[string]bool{one: true, two: true}}},
		"another verb":                   {ofTwo, "apps", "deployments", "update", answer{Some: map[string]bool{two: true}}},
		"another group":                  {ofTwo, "batch", "deployments", "list", answer{Some: map[string]bool{two: true}}},
		"a part of objects":              {ofTwo, "", "pods/log", "get", answer{Some: map[string]bool{two: true, three: true}}},
		"what is in no namespace":        {ofTwo, "", "nodes", "list", answer{Some: map[string]bool{two: true}}}, // of nothing there
		"somebody with nothing":          {Person{Name: "of-none"}, "apps", "deployments", "list", answer{Some: map[string]bool{}}},
		"somebody with the same groups":  {Person{Name: "of-none", Groups: []string{"of-two"}}, "apps", "deployments", "list", answer{Some: map[string]bool{}}},
		"an administrator, by the group": {Person{Name: "root", Groups: []string{"system:masters"}}, "apps", "deployments", "list", answer{All: true}},
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 { // asked, and remembered
				all, some, err := d.Rights.Namespaces(With(t.Context(), tt.who), tt.group, tt.resource, tt.verb)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tt.want, answer{all, some}); diff != "" {
					t.Error(diff)
				}
				clear(some) // it is the caller's own
			}
		})
	}

	// An answer isn't believed for longer because it came of rules that were known by then.
	at := time.Now().Add(rightsFor - time.Second)
	d.Rights.now = func() time.Time { return at }
	if _, _, err := d.Rights.Namespaces(With(t.Context(), ofTwo), "apps", "deployments", "watch"); err != nil {
		t.Fatal(err)
	}
	of, err := d.Rights.of(ofTwo)
	if err != nil {
		t.Fatal(err)
	}
	if until := of.answers[question{"apps", "deployments", "watch"}].until; until.After(at.Add(2 * time.Second)) {
		t.Errorf("believed for %s more", until.Sub(at))
	}

	allow(t, kube, three, "of-two", list)
	d.Rights.now = func() time.Time { return time.Now().Add(rightsFor + time.Second) }
	_, some, err := d.Rights.Namespaces(With(t.Context(), ofTwo), "apps", "deployments", "list")
	if err != nil || !some[three] {
		t.Errorf("a minute after getting the right: %v %v", some, err)
	}
}

func TestNoRightsWithoutAnAPIServer(t *testing.T) {
	d, _ := newDoor(t, nil)
	all, some, err := d.Rights.Namespaces(With(t.Context(), ada), "", "pods", "list")
	if all || len(some) > 0 || err == nil {
		t.Errorf("%v %v %v", all, some, err)
	}
	for i := range 2 * mostPersons {
		_, _ = d.Rights.of(Person{Name: strings.Repeat("x", i+1)})
	}
	if len(d.Rights.persons) > mostPersons {
		t.Errorf("%d persons are remembered", len(d.Rights.persons))
	}
}

func TestSignInByToken(t *testing.T) {
	d, kube, log := atCluster(t)
	namespace := sandboxtest.Namespace(t)
	seconds := int64(3600)
	request, err := kube.CoreV1().ServiceAccounts(namespace).CreateToken(t.Context(), "default",
		&authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	token := request.Status.Token
	cut := token[:strings.LastIndexByte(token, '.')+1]
	signIn := func(body string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		d.Guard(http.HandlerFunc(d.SignInByToken)).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "http://localhost/api/v1/sign-in/token", strings.NewReader(body)))
		return w
	}
	asBody := func(token string) string {
		body, err := json.Marshal(map[string]string{"token": token})
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	w := signIn(asBody(" " + token + "\n")) // as it is pasted
	if w.Code != http.StatusNoContent {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	s, err := d.session(withCookies(w))
	if err != nil {
		t.Fatal(err)
	}
	if want := "system:serviceaccount:" + namespace + ":default"; s.Person.Name != want || s.Person.Via != ByToken || len(s.Person.Groups) == 0 {
		t.Errorf("signed in is %+v, want %s with groups", s.Person, want)
	}
	if late := s.Expires.Sub(request.Status.ExpirationTimestamp.Time); late > 0 || late < -time.Minute {
		t.Errorf("the session ends %s after the token", late)
	}
	config, err := d.Config(s.Person)
	if err != nil {
		t.Fatal(err)
	}
	as, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	review, err := as.AuthenticationV1().SelfSubjectReviews().Create(context.Background(), &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil || review.Status.UserInfo.Username != s.Person.Name {
		t.Errorf("the API server takes the person for %v, %v", review.Status.UserInfo, err)
	}

	for name, tt := range map[string]struct {
		body   string
		status int
	}{
		"without a signature": {asBody(cut), 401}, "empty": {asBody(""), 401}, "two lines": {asBody("a\nb"), 401}, "another word": {asBody("hunter2"), 401},
		"no JSON": {"token=hunter2", 400}, "another JSON": {`["hunter2"]`, 400}, "too large": {asBody(strings.Repeat("x", 64<<10)), 413},
	} {
		if w := signIn(tt.body); w.Code != tt.status || len(w.Result().Cookies()) > 0 || strings.Contains(w.Body.String(), "hunter2") {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	for range triesAtOnce {
		w = signIn(asBody("hunter2"))
	}
	if after := w.Header().Get("Retry-After"); w.Code != http.StatusTooManyRequests || after == "" {
		t.Errorf("after many wrong ones: %d, again after %q s", w.Code, after)
	}
	for _, secret := range []string{token, cut, "hunter2"} {
		if strings.Contains(log(), secret) {
			t.Errorf("a token is in the log: %s", log())
		}
	}
}

func withCookies(w *httptest.ResponseRecorder) *http.Request {
	return request("GET", "http://localhost/", w)
}

func TestAnAPIServerThatIsDownSignsNobodyIn(t *testing.T) {
	d, _ := newDoor(t, nil)
	w := httptest.NewRecorder()
	d.SignInByToken(w, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(`{"token":"hunter2"}`)))
	if w.Code != http.StatusBadGateway || strings.Contains(w.Body.String(), "hunter2") || len(w.Result().Cookies()) > 0 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
