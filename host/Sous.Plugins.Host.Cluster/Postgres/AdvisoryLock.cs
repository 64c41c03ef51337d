namespace Sous.Plugins.Host.Cluster.Postgres;

/// <summary>What the hosts on one database do one at a time, by the lock's number there.</summary>
internal enum AdvisoryLock
{
    Schema = 1,
    Registry = 2,
    Host = 3,
}
