namespace Sous.Plugins.Host.Authorization.Connecting;

/// <summary>Who confirms that the user who consented is the one who asked.</summary>
internal enum CompletionMode
{
    /// <summary>The platform, in that user's own session.</summary>
    Required,

    /// <summary>Nobody: whoever gets the link may end up linking an account of theirs to the tenant. For loopback only.</summary>
    Automatic,
}
