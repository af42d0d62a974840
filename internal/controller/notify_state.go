package controller

import (
	"context"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/notify"
)

// stateStore keeps what each Notifier has sent and is to send in a ConfigMap beside it, which goes when the Notifier does.
type stateStore struct {
	client.Client
	direct client.Reader // a cache would hold every ConfigMap of the cluster

	mu       sync.Mutex
	versions map[string]string // as they were last read or written
}

const (
	statePrefix = "fairlead-notifier-"
	stateKey    = "state.json"
)

func keptAs(notifier string) types.NamespacedName {
	name := parseName(notifier)
	name.Name = statePrefix + name.Name
	return name
}

// Load reads what was kept of a Notifier. What another one of its name has left is not its own.
func (s *stateStore) Load(ctx context.Context, notifier string) ([]byte, error) {
	owner := &v1alpha1.Notifier{}
	if err := s.Get(ctx, parseName(notifier), owner); err != nil {
		return nil, err
	}
	kept := &corev1.ConfigMap{}
	if err := s.direct.Get(ctx, keptAs(notifier), kept); err != nil {
		s.note(notifier, "")
		return nil, client.IgnoreNotFound(err)
	}
	if by := metav1.GetControllerOf(kept); by == nil || by.Kind != "Notifier" {
		return nil, hint.With(fmt.Errorf("the ConfigMap %s is somebody else's", keptAs(notifier)), "delete it, or give the Notifier another name")
	}
	s.note(notifier, kept.ResourceVersion)
	if !metav1.IsControlledBy(kept, owner) {
		return nil, nil
	}
	return []byte(kept.Data[stateKey]), nil
}

// Save writes it, unless somebody else has.
func (s *stateStore) Save(ctx context.Context, notifier string, state []byte) error {
	owner := &v1alpha1.Notifier{}
	if err := s.Get(ctx, parseName(notifier), owner); err != nil {
		return client.IgnoreNotFound(err) // it is gone, and so is what was kept
	}
	name := keptAs(notifier)
	kept := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: name.Namespace, Name: name.Name, ResourceVersion: s.version(notifier)},
		Data:       map[string]string{stateKey: string(state)},
	}
	if err := controllerutil.SetControllerReference(owner, kept, s.Scheme()); err != nil {
		return err
	}
	var err error
	if kept.ResourceVersion == "" {
		err = s.Create(ctx, kept)
	} else {
		err = s.Update(ctx, kept)
	}
	switch {
	case apierrors.IsConflict(err), apierrors.IsAlreadyExists(err), apierrors.IsNotFound(err):
		return fmt.Errorf("%w: %w", notify.ErrConflict, err)
	case err != nil:
		return err
	}
	s.note(notifier, kept.ResourceVersion)
	return nil
}

func (s *stateStore) note(notifier, version string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.versions[notifier] = version
}

func (s *stateStore) version(notifier string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.versions[notifier]
}
