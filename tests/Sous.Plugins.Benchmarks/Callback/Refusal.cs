namespace Sous.Plugins.Benchmarks.Callback;

/// <summary>What a refused callback is answered with.</summary>
internal sealed record Refusal(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body);
