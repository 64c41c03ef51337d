using Sous.Plugins.Host.Deliveries.Outbox;

namespace Sous.Plugins.Host.Tests.Storage.Sqlite;

public sealed class SqliteOutboxTests : OutboxTests, IAsyncDisposable
{
    private readonly SqliteUnderTest _database = new();
    private StoresUnderTest? _stores;

    public async ValueTask DisposeAsync()
    {
        await (_stores?.Changes.DisposeAsync() ?? default);
        await _database.DisposeAsync();
    }

    private protected override async Task<IOutbox> OpenAsync() => (_stores = await _database.OpenAsync()).Outbox;
}
