namespace Sous.Plugins.Sdk.Testing.Bench;

/// <summary>A call that hands over more than there is.</summary>
internal sealed class EndlessCallException(string message) : Exception(message);
