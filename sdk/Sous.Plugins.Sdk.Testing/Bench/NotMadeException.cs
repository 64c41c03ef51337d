namespace Sous.Plugins.Sdk.Testing.Bench;

/// <summary>A factory that makes no driver.</summary>
/// <param name="cause">What it threw.</param>
internal sealed class NotMadeException(Exception cause) : Exception($"Making the driver threw {CallOutcome.Describe(cause)}.", cause);
