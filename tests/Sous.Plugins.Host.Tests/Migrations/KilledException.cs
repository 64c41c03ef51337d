namespace Sous.Plugins.Host.Tests.Migrations;

internal sealed class KilledException : Exception;
