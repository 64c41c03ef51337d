using Sous.Plugins.Host.Webhooks;

namespace Sous.Plugins.Host.Tests.Storage.Sqlite;

public sealed class SqliteInboxTests : InboxTests, IAsyncDisposable
{
    private readonly SqliteUnderTest _database = new();
    private StoresUnderTest? _stores;

    public async ValueTask DisposeAsync()
    {
        await (_stores?.Changes.DisposeAsync() ?? default);
        await _database.DisposeAsync();
    }

    private protected override async Task<IInbox> OpenAsync() => (_stores = await _database.OpenAsync()).Inbox;
}
