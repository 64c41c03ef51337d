using Sous.Plugins.Host.Changes;
using Sous.Plugins.Host.Days.Closings;
using Sous.Plugins.Host.Deliveries.Outbox;
using Sous.Plugins.Host.Syncing.Backfills;
using Sous.Plugins.Host.Syncing.Gaps;
using Sous.Plugins.Host.Syncing.Listings;
using Sous.Plugins.Host.Webhooks;

namespace Sous.Plugins.Host.Tests.Storage;

/// <summary>The stores of one database, by their contracts.</summary>
internal sealed record StoresUnderTest(IChangeStore Changes, IInbox Inbox, IClosings Closings, IOutbox Outbox, IGaps Gaps, IListings Listings, IBackfills Backfills);
