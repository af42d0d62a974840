package controller

import (
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/gitserver"
	"github.com/fairlead-dev/fairlead/internal/sandbox/sandboxtest"
)

func TestALoginThatIsMissingAndThenGiven(t *testing.T) {
	w := newWorld(t, gitserver.Options{Username: "fairlead", Password: "correct horse"})
	first := w.commit("first", six("1"))
	app := w.application("shop", "app", func(a *v1alpha1.Application) {
		a.Spec.Source.Git.SecretRef = &v1alpha1.SecretRef{Name: "git-auth"}
	})
	w.untilSyncSays(app, "FetchFailed", "the login's Secret "+w.namespace+"/git-auth does not exist")
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "git-auth"},
		StringData: map[string]string{"username": "fairlead", "password": "wrong one"},
	}
	if err := w.api.Create(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	got := w.untilSyncSays(app, "FetchFailed", "refuse")
	if strings.Contains(fmt.Sprint(got.Status), "wrong one") {
		t.Error("the password is in the status")
	}
	secret.StringData = map[string]string{"password": "correct horse"}
	if err := w.api.Update(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	w.until(app, "delivered", ready(first))
}

func TestOutsideItsOwnNamespaceFairleadActsAsTheServiceAccount(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	first := w.commit("first", map[string]string{"app/a.yaml": configMap("a", "1")})
	team := sandboxtest.Namespace(t)
	app := w.application("shop", "app", func(a *v1alpha1.Application) {
		a.Namespace, a.Spec.Destination.Namespace = team, team
	})
	got := w.until(app, "forbidden", syncReason(first, "Partial"))
	if p := got.Status.Problems[0]; !strings.Contains(p.Message, "system:serviceaccount:"+team+":default") || p.Next == "" {
		t.Errorf("problem = %+v, want the service account named and a next step", p)
	}
}

func TestTwoApplicationsDoNotFightOverAnObject(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	first := w.commit("first", map[string]string{"one/a.yaml": configMap("a", "one"), "two/a.yaml": configMap("a", "two"), "two/b.yaml": configMap("b", "two")})
	one := w.application("one", "one")
	w.until(one, "delivered", ready(first))
	two := w.application("two", "two")
	got := w.until(two, "partial", syncReason(first, "Partial"))
	w.wantConfigMaps("a=one", "b=two")
	if !strings.Contains(got.Status.Problems[0].Message, "belongs to the application "+w.namespace+".one") {
		t.Errorf("problem = %+v, want the owner named", got.Status.Problems[0])
	}
}

func TestARenamedApplicationTakesOverWhatTheOldOneLeft(t *testing.T) {
	w := newWorld(t, gitserver.Options{})
	first := w.commit("first", map[string]string{"app/a.yaml": configMap("a", "1")})
	w.until(w.application("old", "app"), "delivered", ready(first))
	if err := w.api.Delete(t.Context(), &v1alpha1.Application{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "old"}}); err != nil {
		t.Fatal(err)
	}
	w.wantConfigMaps("a=1")
	w.until(w.application("new", "app"), "delivered", ready(first))
}
