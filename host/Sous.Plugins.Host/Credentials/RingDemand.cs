namespace Sous.Plugins.Host.Credentials;

/// <summary>What the boot gate demands of the ring.</summary>
internal enum RingDemand
{
    /// <summary>A key that is valid now.</summary>
    ValidKey,

    /// <summary>None but that its keys can be read: the next thing done is to make one.</summary>
    ReadableKeys,
}
