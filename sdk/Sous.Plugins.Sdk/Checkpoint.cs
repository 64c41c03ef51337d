namespace Sous.Plugins.Sdk;

/// <summary>
/// A durable position within one scope, opaque to the host, written in the same transaction as the page that led to it. It
/// holds all that the driver needs to go on after a crash: the window, the service's cursor within it, the watermark.
/// </summary>
/// <param name="Value">The driver's own text, at most 4,096 characters, without secrets. A driver reads what its earlier versions wrote.</param>
public sealed record Checkpoint(string Value)
{
    /// <summary>The longest <see cref="Value"/> that the host stores, in characters.</summary>
    public const int MaxLength = 4096;
}
