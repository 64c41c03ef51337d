using System.Collections.Concurrent;

namespace Sous.Plugins.Host.Drivers.Egress;

/// <summary>Calls of one listing that had no answer that can be used: none at all, half of one, 408, 429 or 5xx after all its tries. Safe for any number of threads.</summary>
internal sealed class UnansweredCalls
{
    private readonly ConcurrentDictionary<SentCall, string> _calls = new();

    /// <summary>One of them by method and path, with what came in place of an answer; null while there is none.</summary>
    public string? Any => _calls.FirstOrDefault() is { Value: { } what } call ? $"{call.Key} ({what})" : null;

    public void Add(SentCall call, string what) => _calls[call] = what;

    /// <summary>It was answered, now or the second time that it was asked.</summary>
    public void Remove(SentCall call) => _calls.TryRemove(call, out _);
}
