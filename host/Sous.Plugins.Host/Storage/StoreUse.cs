namespace Sous.Plugins.Host.Storage;

/// <summary>What a host opens stores for that it shares with others.</summary>
internal enum StoreUse
{
    /// <summary>To work there, as the only one: others are kept from that.</summary>
    Work,

    /// <summary>To carry out runs for the host that works, for as long as that one does.</summary>
    Help,

    /// <summary>To look at them; nothing is written.</summary>
    Look,
}
