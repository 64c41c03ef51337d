namespace Sous.Plugins.Host.Deliveries.Outbox;

/// <summary>The numbers stand in the outbox.</summary>
internal enum DeliveryState
{
    Pending = 0,

    Delivered = 1,

    /// <summary>Given up after the last attempt; it can be replayed.</summary>
    Dead = 2,

    /// <summary>Not to be sent any more: what it tells of is gone, or it was sent edited.</summary>
    Canceled = 3,
}
