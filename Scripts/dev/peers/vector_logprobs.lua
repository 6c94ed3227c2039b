-- Log-probabilities of a text under control vectors of several files, as JSON.
local opt = cast.options {
  jobs = { "", "JSON file: ids, strength, files with path, options, layers" },
}
local model = cast.model()
local jobs = cast.json.decode(assert(cast.read(opt.jobs)))
local found = { unsteered = model:logprobs(jobs.ids):totable(), files = {} }
for i, job in ipairs(jobs.files) do
  local vector = assert(cast.vector.load(job.path, job.options))
  local steer = { vector, scale = jobs.strength, layers = job.layers }
  found.files[i] = {
    logprobs = model:logprobs(jobs.ids, { steer = steer }):totable(),
    origin = vector.info.origin, conversion = vector.info.conversion,
  }
end
print(cast.json.encode(found))
