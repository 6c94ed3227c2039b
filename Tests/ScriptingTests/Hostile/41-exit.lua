-- expect: error: os.exit is not available in the sandbox
os.exit(0)
