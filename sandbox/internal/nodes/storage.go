package nodes

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

const (
	// provisionerName is the one of the storage class "standard".
	provisionerName = "fairlead.dev/sandbox"

	// driverName is that of its volumes, which must look like a host's.
	driverName = "sandbox.fairlead.dev"
)

// Annotations by which the controller-manager and a provisioner talk to each other.
// https://github.com/kubernetes/design-proposals-archive/blob/main/storage/container-storage-interface.md#provisioning-and-deleting
const (
	provisionerOfClaim  = "volume.kubernetes.io/storage-provisioner"
	provisionerOfVolume = "pv.kubernetes.io/provisioned-by"
)

// provisioner makes a volume for each claim that the controller-manager asks it to, and lets a claim grow.
func provisioner(client kubernetes.Interface, factory informers.SharedInformerFactory) standIn {
	claims := factory.Core().V1().PersistentVolumeClaims()
	return standIn{
		name:     "provisioner",
		informer: claims.Informer(),
		sync: func(ctx context.Context, key string) error {
			namespace, name, err := cache.SplitMetaNamespaceKey(key)
			if err != nil {
				return err
			}
			claim, err := claims.Lister().PersistentVolumeClaims(namespace).Get(name)
			switch {
			case errors.IsNotFound(err):
				return nil
			case err != nil:
				return err
			case claim.DeletionTimestamp != nil || claim.Annotations[provisionerOfClaim] != provisionerName:
				return nil
			case claim.Spec.VolumeName == "":
				_, err := client.CoreV1().PersistentVolumes().Create(ctx, newVolume(claim), metav1.CreateOptions{})
				return ignoreExists(err)
			case claim.Status.Phase == corev1.ClaimBound && hasGrown(claim):
				return grow(ctx, client, claim)
			}
			return nil
		},
	}
}

func newVolume(claim *corev1.PersistentVolumeClaim) *corev1.PersistentVolume {
	return &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{
			Name:        "pvc-" + string(claim.UID),
			Annotations: map[string]string{provisionerOfVolume: provisionerName},
		},
		Spec: corev1.PersistentVolumeSpec{
			Capacity:                      corev1.ResourceList{corev1.ResourceStorage: claim.Spec.Resources.Requests[corev1.ResourceStorage]},
			AccessModes:                   claim.Spec.AccessModes,
			VolumeMode:                    claim.Spec.VolumeMode,
			StorageClassName:              *claim.Spec.StorageClassName,
			PersistentVolumeReclaimPolicy: corev1.PersistentVolumeReclaimDelete,
			ClaimRef: &corev1.ObjectReference{
				APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID,
			},
			PersistentVolumeSource: corev1.PersistentVolumeSource{
				CSI: &corev1.CSIPersistentVolumeSource{Driver: driverName, VolumeHandle: string(claim.UID)},
			},
		},
	}
}

func hasGrown(claim *corev1.PersistentVolumeClaim) bool {
	return claim.Spec.Resources.Requests.Storage().Cmp(*claim.Status.Capacity.Storage()) > 0
}

func grow(ctx context.Context, client kubernetes.Interface, claim *corev1.PersistentVolumeClaim) error {
	volume, err := client.CoreV1().PersistentVolumes().Get(ctx, claim.Spec.VolumeName, metav1.GetOptions{})
	if err != nil {
		return err
	}
	wanted := claim.Spec.Resources.Requests[corev1.ResourceStorage]
	volume.Spec.Capacity[corev1.ResourceStorage] = wanted
	if _, err := client.CoreV1().PersistentVolumes().Update(ctx, volume, metav1.UpdateOptions{}); err != nil {
		return err
	}
	grown := claim.DeepCopy()
	grown.Status.Capacity[corev1.ResourceStorage] = wanted
	_, err = client.CoreV1().PersistentVolumeClaims(claim.Namespace).UpdateStatus(ctx, grown, metav1.UpdateOptions{})
	return err
}

// reclaimer deletes the volumes whose claims are gone.
func reclaimer(client kubernetes.Interface, factory informers.SharedInformerFactory) standIn {
	volumes := factory.Core().V1().PersistentVolumes()
	return standIn{
		name:     "reclaimer",
		informer: volumes.Informer(),
		sync: func(ctx context.Context, name string) error {
			volume, err := volumes.Lister().Get(name)
			if errors.IsNotFound(err) {
				return nil
			}
			if err != nil {
				return err
			}
			ours := volume.Annotations[provisionerOfVolume] == provisionerName
			unwanted := volume.Status.Phase == corev1.VolumeReleased &&
				volume.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimDelete
			if !ours || !unwanted || volume.DeletionTimestamp != nil {
				return nil
			}
			err = client.CoreV1().PersistentVolumes().Delete(ctx, name, metav1.DeleteOptions{})
			if errors.IsNotFound(err) {
				return nil
			}
			return err
		},
	}
}
