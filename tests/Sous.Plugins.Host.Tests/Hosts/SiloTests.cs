using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Runtime;
using Sous.Plugins.Host.Cluster.Silos;
using Sous.Plugins.Host.Credentials;
using Sous.Plugins.Host.Hosts;
using Sous.Plugins.Host.Tests.Storage.Postgres;
using Silo = Sous.Plugins.Host.Cluster.Silos.Silo;

namespace Sous.Plugins.Host.Tests.Hosts;

/// <summary>How the lines to other hosts begin and end; what goes over them is in the proofs of help.</summary>
public sealed class SiloTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_one_had_begun_is_stopped_whether_it_came_up_or_not(bool comesUp)
    {
        await using var fresh = await FreshDatabase.WithTablesAsync();
        await using var database = await fresh.OpenAsync();
        await MembershipTables.BeginAsync(database, Token);
        var part = new Part(comesUp);
        await using var services = new ServiceCollection().AddLogging()
            .AddSingleton(new MasterKeys(new MasterKey(new byte[MasterKey.Size], MasterKeySource.Setting, "a test")))
            .AddSingleton(Options.Create(new HostsOptions { Address = "127.0.0.1" }))
            .BuildServiceProvider();

        var start = Silo.StartAsync(database, "cluster", Silo.OfWorker, services, parts => parts.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(part), Token);
        if (comesUp)
        {
            await (await start).DisposeAsync();
        }
        else
        {
            await Assert.ThrowsAnyAsync<InvalidOperationException>(() => start);
        }

        Assert.Equal((true, true), (part.HasBegun, part.HasEnded));
    }

    /// <summary>Begins early, and has the start fail before the silo is one of its cluster.</summary>
    private sealed class Part(bool comesUp) : ILifecycleParticipant<ISiloLifecycle>
    {
        public bool HasBegun { get; private set; }

        public bool HasEnded { get; private set; }

        public void Participate(ISiloLifecycle observer)
        {
            observer.Subscribe("early", ServiceLifecycleStage.RuntimeServices, _ => Note(HasBegun = true), _ => Note(HasEnded = true));
            observer.Subscribe("late", ServiceLifecycleStage.ApplicationServices, _ => comesUp ? Task.CompletedTask : throw new InvalidOperationException("It does not come up."), static _ => Task.CompletedTask);
        }

        private static Task Note(bool _) => Task.CompletedTask;
    }
}
