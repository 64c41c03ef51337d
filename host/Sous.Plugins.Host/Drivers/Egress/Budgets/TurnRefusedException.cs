namespace Sous.Plugins.Host.Drivers.Egress.Budgets;

/// <summary>Inside a failure that a driver passes on: it was the budget's own refusal, and no word of the service.</summary>
internal sealed class TurnRefusedException() : Exception("The budget gave the call no turn.");
