using Sous.Plugins.Host.Connections;
using Sous.Plugins.Host.Events;

namespace Sous.Plugins.Host.Days.Closings;

/// <summary>Tells the platform what was kept to be told, once: what was told is noted in the transaction that tells it.</summary>
internal sealed class ClosingNews(IClosings closings, EventLog events)
{
    private const int Batch = 100;

    public async Task TellAsync(CancellationToken cancellationToken)
    {
        while (await closings.ReadNewsAsync(Batch, cancellationToken) is { Count: > 0 } news)
        {
            await events.WriteAsync(
                transaction =>
                {
                    var upTo = transaction.Find(ToldClosings.Collection, ToldClosings.Key)?.UpTo ?? 0;
                    foreach (var (_, told) in news.Where(one => one.No > upTo))
                    {
                        // One that has left meanwhile has taken its log along, or its tenant's.
                        if (told.Connection is { } id && transaction.Find(Connection.Collection, id.Value) is not null)
                        {
                            EventLog.Append(transaction, told);
                        }
                    }

                    if (news[^1].No > upTo)
                    {
                        transaction.Put(ToldClosings.Collection, new ToldClosings(news[^1].No));
                    }
                },
                cancellationToken);
            await closings.ForgetNewsAsync(news[^1].No, cancellationToken);
        }
    }
}
