.PHONY: run start test check lock clean

run: ; @python3 dev.py run
start: ; @python3 dev.py start
test: ; @python3 dev.py test
