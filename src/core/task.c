// SPDX-License-Identifier: MIT
/*
 * core/task.c - see task.h
 */
#include "core/task.h"

__thread struct task_struct current_task;
