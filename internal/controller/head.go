package controller

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/fairlead-dev/fairlead/api/v1alpha1"
	"github.com/fairlead-dev/fairlead/internal/hint"
	"github.com/fairlead-dev/fairlead/internal/source"
)

func gitHead(ctx context.Context, reader client.Reader, store *source.Store, namespace string, git *v1alpha1.GitSource) (source.Head, error) {
	auth, err := login(ctx, reader, namespace, git.SecretRef, git.Verify)
	if err != nil {
		return nil, err
	}
	repo, err := store.Repo(git.URL, auth, source.Limits{})
	if err != nil {
		return nil, err
	}
	return repo.Head(GitRef(git.Ref)), nil
}

func artifactHead(ctx context.Context, reader client.Reader, store *source.Store, app *v1alpha1.Application) (source.Head, error) {
	oci := app.Spec.Source.OCI
	auth, err := login(ctx, reader, app.Namespace, oci.SecretRef, oci.Verify)
	if err != nil {
		return nil, err
	}
	return store.Artifact(source.Artifact{URL: oci.URL, Ref: source.ArtifactRef(oci.Ref), Auth: auth})
}

func chartHead(ctx context.Context, reader client.Reader, store *source.Store, app *v1alpha1.Application) (source.Head, error) {
	helm := app.Spec.Source.Helm
	auth, err := login(ctx, reader, app.Namespace, helm.SecretRef, helm.Verify)
	if err != nil {
		return nil, err
	}
	return store.Chart(source.Chart{Repo: helm.Repo, Name: helm.Chart, Version: helm.Version, Auth: auth})
}

// login reads the login of a source, and whose signatures count, from Secrets. The machine's own is never used.
func login(ctx context.Context, reader client.Reader, namespace string, ref *v1alpha1.SecretRef, v *v1alpha1.Verification) (source.Auth, error) {
	auth, err := readLogin(ctx, reader, namespace, ref)
	if err != nil {
		return auth, err
	}
	auth.Verify, err = verifyKeys(ctx, reader, namespace, v)
	return auth, err
}

func readLogin(ctx context.Context, reader client.Reader, namespace string, ref *v1alpha1.SecretRef) (source.Auth, error) {
	if ref == nil {
		return source.Auth{}, nil
	}
	var secret corev1.Secret
	if err := reader.Get(ctx, types.NamespacedName{Namespace: namespace, Name: ref.Name}, &secret); err != nil {
		if apierrors.IsNotFound(err) {
			return source.Auth{}, hint.With(fmt.Errorf("the login's Secret %s/%s does not exist", namespace, ref.Name),
				fmt.Sprintf("create it: kubectl -n %s create secret generic %s --from-literal=username=… --from-literal=password=…", namespace, ref.Name))
		}
		return source.Auth{}, fmt.Errorf("read the login's Secret %s/%s: %w", namespace, ref.Name, err)
	}
	return source.Auth{
		Username:     string(secret.Data["username"]),
		Password:     string(secret.Data["password"]),
		Token:        string(secret.Data["token"]),
		SSHKey:       first(secret.Data, "identity", "ssh-privatekey"),
		KnownHosts:   secret.Data["known_hosts"],
		CA:           first(secret.Data, "ca.crt", "caFile"),
		DockerConfig: secret.Data[corev1.DockerConfigJsonKey],
	}, nil
}

func first(data map[string][]byte, keys ...string) []byte {
	for _, k := range keys {
		if len(data[k]) > 0 {
			return data[k]
		}
	}
	return nil
}
