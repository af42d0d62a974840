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
	"github.com/fairlead-dev/fairlead/internal/source/signature"
)

// verifyKeys reads whose signatures count for a source of a namespace; nil if everybody's do.
func verifyKeys(ctx context.Context, reader client.Reader, namespace string, v *v1alpha1.Verification) (*signature.Keys, error) {
	if v == nil {
		return nil, nil
	}
	from := fmt.Sprintf("Secret %s/%s", namespace, v.SecretRef.Name)
	var secret corev1.Secret
	if err := reader.Get(ctx, types.NamespacedName{Namespace: namespace, Name: v.SecretRef.Name}, &secret); err != nil {
		if apierrors.IsNotFound(err) {
			return nil, hint.With(fmt.Errorf("the %s with the keys to verify with does not exist", from),
				fmt.Sprintf("create it: kubectl -n %s create secret generic %s --from-file=allowed_signers", namespace, v.SecretRef.Name))
		}
		return nil, fmt.Errorf("read the keys to verify with: %s: %w", from, err)
	}
	return signature.Parse(from, secret.Data)
}
