using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Events;

namespace Sous.Plugins.Host.Days.Closings;

/// <summary>
/// Closed days, kept in the change store, whose commits count what changes of them; and what is to be told of them, until it
/// was. SQLite here; PostgreSQL with several hosts. What a task acknowledges is durable.
/// </summary>
internal interface IClosings
{
    /// <summary>From now on the changes of these days are counted. One that is open already stays as it is.</summary>
    Task OpenAsync(TenantId tenant, IReadOnlyList<(ClosingKey Key, DateTimeOffset Due)> days, CancellationToken cancellationToken);

    /// <summary>A day that was opened and never closed is forgotten.</summary>
    Task DropAsync(ClosingKey key, CancellationToken cancellationToken);

    /// <summary>The newest day of the location that was opened, or null.</summary>
    ValueTask<DateOnly?> FindLastAsync(ConnectionId connection, string location, CancellationToken cancellationToken);

    /// <summary>The connection's days that something is to be done with, now or later, oldest first.</summary>
    ValueTask<IReadOnlyList<Closing>> ListOpenAsync(ConnectionId connection, CancellationToken cancellationToken);

    /// <summary>All that is kept of the tenant's days, both inclusive.</summary>
    ValueTask<IReadOnlyList<Closing>> ListAsync(TenantId tenant, DateOnly from, DateOnly to, CancellationToken cancellationToken);

    /// <summary>Stores where the day stands, with what is to be told of it. The count of its changes goes on. Nothing where the connection was deleted.</summary>
    Task KeepAsync(Closing closing, IReadOnlyList<PlatformEvent> news, CancellationToken cancellationToken);

    /// <summary>What is to be told, in order, each with a number that is never given again.</summary>
    ValueTask<IReadOnlyList<(long No, PlatformEvent Told)>> ReadNewsAsync(int limit, CancellationToken cancellationToken);

    /// <summary>What was told is not kept.</summary>
    Task ForgetNewsAsync(long upTo, CancellationToken cancellationToken);
}
