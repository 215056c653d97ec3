"""Run the test functions of modules without pytest: `micropython run_plain.py FOLDERS -- MODULES`."""

import sys

split = sys.argv.index("--")
for folder in sys.argv[1:split]:
    sys.path.insert(0, folder)
count = 0
for name in sys.argv[split + 1 :]:
    module = __import__(name)
    for test in sorted(dir(module)):
        if test.startswith("test_"):
            getattr(module, test)()
            count += 1
print("%d ran on %s" % (count, sys.implementation.name))
