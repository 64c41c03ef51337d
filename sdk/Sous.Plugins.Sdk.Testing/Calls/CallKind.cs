namespace Sous.Plugins.Sdk.Testing.Calls;

/// <summary>What a call gives.</summary>
internal enum CallKind
{
    /// <summary>Whether the connection can be used.</summary>
    Probe,

    /// <summary>An answer without pages.</summary>
    Single,

    /// <summary>Pages that can be taken up again at their checkpoints.</summary>
    Stream,

    /// <summary>The bytes of a file.</summary>
    Content,
}
