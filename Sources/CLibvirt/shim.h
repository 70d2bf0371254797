// Types only; every function is looked up at run time (TuneHost/Probe/Libvirt.swift).
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
