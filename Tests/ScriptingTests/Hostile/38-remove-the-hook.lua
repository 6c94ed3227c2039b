-- expect: error: debug.sethook is not available in the sandbox
debug.sethook()
while true do end
