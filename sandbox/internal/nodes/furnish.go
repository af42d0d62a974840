package nodes

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// MaxCount of nodes, so that each has a network for its pods.
const MaxCount = 5000

// furnish creates what a new cluster has before anyone uses it. What is there already, from before a restart, stays.
func furnish(ctx context.Context, client kubernetes.Interface, opts Options) error {
	if err := createNodes(ctx, client, opts); err != nil {
		return fmt.Errorf("create nodes: %w", err)
	}
	if err := createStorageClass(ctx, client); err != nil {
		return fmt.Errorf("create storage class: %w", err)
	}
	return nil
}

func createNodes(ctx context.Context, client kubernetes.Interface, opts Options) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(16)
	for index := range opts.Count {
		group.Go(func() error {
			_, err := client.CoreV1().Nodes().Create(ctx, newNode(index, opts), metav1.CreateOptions{})
			return ignoreExists(err)
		})
	}
	return group.Wait()
}

func createStorageClass(ctx context.Context, client kubernetes.Interface) error {
	noAttachment, expandable, reclaim := false, true, corev1.PersistentVolumeReclaimDelete
	_, err := client.StorageV1().CSIDrivers().Create(ctx, &storagev1.CSIDriver{
		ObjectMeta: metav1.ObjectMeta{Name: driverName},
		Spec:       storagev1.CSIDriverSpec{AttachRequired: &noAttachment},
	}, metav1.CreateOptions{})
	if ignoreExists(err) != nil {
		return err
	}
	_, err = client.StorageV1().StorageClasses().Create(ctx, &storagev1.StorageClass{
		ObjectMeta: metav1.ObjectMeta{
			Name:        "standard",
			Annotations: map[string]string{"storageclass.kubernetes.io/is-default-class": "true"},
		},
		Provisioner:          provisionerName,
		ReclaimPolicy:        &reclaim,
		AllowVolumeExpansion: &expandable,
	}, metav1.CreateOptions{})
	return ignoreExists(err)
}

func ignoreExists(err error) error {
	if errors.IsAlreadyExists(err) {
		return nil
	}
	return err
}
