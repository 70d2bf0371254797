# What a fixture is made of: the program's own capture, and what the kernel's own tools say.
oracle
run capture /usr/bin/tuned-vm capture /tmp/out/capture.tar.gz
