namespace Sous.Plugins.Sdk.Authorization;

/// <summary>One parameter or header of a token message.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">What the host puts there.</param>
/// <param name="Text">With <see cref="TokenValue.Literal"/> the text itself, otherwise text to put before the value (<c>"Client "</c>), or null.</param>
public sealed record TokenField(string Name, TokenValue Value, string? Text = null);
