namespace Sous.Plugins.Host.Syncing;

/// <summary>What a run has left of one scope, for whoever asks how fresh it is.</summary>
/// <param name="Location">The service's id of the location. Null where the stream is scoped by connection; with one scoped by location, it is of all of them.</param>
/// <param name="Through">Up to when all that the service had is stored; null where the run did not come so far, and then what was known stays.</param>
/// <param name="Trouble">What it met, or null.</param>
/// <param name="Cause">One plain sentence on that, or null.</param>
internal sealed record ScopeFetch(string? Location, DateTimeOffset? Through, Trouble? Trouble, string? Cause);
