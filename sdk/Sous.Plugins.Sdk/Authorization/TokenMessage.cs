namespace Sous.Plugins.Sdk.Authorization;

/// <summary>How to ask, without any of the secrets that go into it: the host fills them in and sends it.</summary>
public sealed record TokenMessage
{
    /// <summary>How the parameters are sent.</summary>
    public required TokenBody Body { get; init; }

    /// <summary>The parameters, in order.</summary>
    public required IReadOnlyList<TokenField> Fields { get; init; }

    /// <summary>Headers to add.</summary>
    public IReadOnlyList<TokenField> Headers { get; init; } = [];
}
