namespace Sous.Plugins.Host.Connections;

/// <summary>Who must act before a connection is well again.</summary>
internal enum Actor
{
    Nobody,
    Owner,
    Operator,
    DriverAuthor,

    /// <summary>Who makes this host: it met a defect of its own.</summary>
    HostAuthor,
}
